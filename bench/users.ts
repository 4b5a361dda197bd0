/** 21 columns of the kinds that people have: accents, quotes, NULLs, numerics, timestamps. About 450 bytes a row. */
export const users = (
  name: string,
  from: number,
  to: number,
): string => `CREATE UNLOGGED TABLE ${name} AS SELECT
  n::bigint AS id, ('person' || n || '@example.com')::varchar(80) AS email, ('u-' || n)::varchar(40) AS user_id, md5('a' || n)::varchar(40) AS anonymous_id,
  (ARRAY['Zoë','Luís','Ana','Bjørn','Mira'])[1 + n % 5]::varchar(40) AS first_name, (ARRAY['Gonçalves','Müller','O''Neill','Kovač','Smith'])[1 + n % 5]::varchar(40) AS last_name,
  (ARRAY['Berlin','São Paulo','Kraków','Oslo'])[1 + n % 4]::varchar(40) AS city, (ARRAY['DE','BR','PL','NO'])[1 + n % 4]::char(2) AS country,
  timestamp '2020-01-01' + n * interval '1 second' AS created_at, timestamp '2026-01-01 00:00:00.123' + n * interval '1 second' AS updated_at, timestamptz '2026-11-01 00:00:00+00' + n * interval '1 ms' AS seen_at,
  (n % 1000)::integer AS logins, (18 + n % 60)::integer AS age, ((n % 100000) / 7.0)::numeric(18,2) AS balance, n % 2 = 0 AS active, CASE WHEN n % 10 > 0 THEN n % 3 = 0 END AS verified,
  (ARRAY['free','team','business'])[1 + n % 3]::varchar(20) AS plan, (CASE WHEN n % 4 > 0 THEN '+49 30 ' || n END)::varchar(30) AS phone, (n / 7.0)::float8 AS score,
  ('https://example.com/people/' || md5(n::text))::varchar(200) AS url, ('He said "' || repeat(md5('b' || n), 3 + (n % 3)::int) || '"')::varchar(200) AS bio
  FROM generate_series(${from}, ${to}) n`;
