const BYTE_ORDER_MARK = "\uFEFF"; // without it Excel takes UTF-8 for something else

/** Lines of CSV as the body of an answer, each read only when the one who asked takes it. */
export function csvStream(lines: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isFirst = true;
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await lines.next();
      if (done) return controller.close();
      controller.enqueue(encoder.encode(isFirst ? BYTE_ORDER_MARK + value : value));
      isFirst = false;
    },
    cancel: async () => void (await lines.return(undefined)),
  });
}
