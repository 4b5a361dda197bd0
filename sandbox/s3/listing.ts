// ListObjects and ListObjectsV2: prefix, delimiter and pages, in the byte order of UTF-8.
import { document, element, escapeXml } from "./errors";
import type { Bucket } from "./store";

function sortedKeys(bucket: Bucket): string[] {
  bucket.sorted ??= [...bucket.objects.keys()]
    .map((key) => ({ key, bytes: Buffer.from(key) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ key }) => key);
  return bucket.sorted;
}

export function listObjects(name: string, bucket: Bucket, query: URLSearchParams): string {
  const version2 = query.get("list-type") === "2";
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const most = Math.min(Number(query.get("max-keys") ?? 1000), 1000);
  const token = query.get("continuation-token");
  const after = token
    ? Buffer.from(token, "base64url").toString("utf8")
    : (query.get("start-after") ?? query.get("marker") ?? "");
  const encoded = query.get("encoding-type") === "url";
  const show = (text: string): string =>
    encoded ? encodeURIComponent(text).replaceAll("%2F", "/") : escapeXml(text);

  const keys: string[] = [];
  const folders = new Set<string>();
  let truncated = false;
  let last = "";
  for (const key of sortedKeys(bucket)) {
    if (!key.startsWith(prefix) || (after && key <= after)) continue;
    const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    const folder = end >= 0 ? key.slice(0, end + delimiter.length) : undefined;
    if (folder !== undefined && (folders.has(folder) || (after && after.startsWith(folder)))) {
      last = key;
      continue;
    }
    if (keys.length + folders.size >= most) {
      truncated = true;
      break;
    }
    if (folder !== undefined) folders.add(folder);
    else keys.push(key);
    last = key;
  }
  const next = version2
    ? element("NextContinuationToken", Buffer.from(last).toString("base64url"))
    : `<NextMarker>${show(last)}</NextMarker>`;
  const contents = keys.map((key) => {
    const object = bucket.objects.get(key);
    if (!object) return "";
    return `<Contents><Key>${show(key)}</Key>${element("LastModified", object.modified)}${element("ETag", object.etag)}${element("Size", object.size)}<StorageClass>STANDARD</StorageClass></Contents>`;
  });
  const common = [...folders].map(
    (folder) => `<CommonPrefixes><Prefix>${show(folder)}</Prefix></CommonPrefixes>`,
  );
  return document(
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${element("Name", name)}<Prefix>${show(prefix)}</Prefix>${element("MaxKeys", most)}` +
      `${encoded ? "<EncodingType>url</EncodingType>" : ""}${version2 ? element("KeyCount", keys.length + folders.size) : ""}` +
      `${delimiter ? `<Delimiter>${show(delimiter)}</Delimiter>` : ""}${element("IsTruncated", truncated)}${truncated ? next : ""}${contents.join("")}${common.join("")}</ListBucketResult>`,
  );
}
