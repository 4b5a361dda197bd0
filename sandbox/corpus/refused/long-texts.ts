// Texts longer than a VARCHAR can be, on the way to wherever.
import type { RefusedSubject } from "../corpus";

const subject: RefusedSubject = {
  setup: [
    "CREATE TABLE big (id int, s super, t varchar(65535))",
    `INSERT INTO big VALUES (1, '["${"a".repeat(70_000)}"]', REPEAT('b', 65535))`,
  ],
  refused: {
    JSON_SERIALIZE: [
      ["SELECT JSON_SERIALIZE(s) FROM big", /^22001 .*varchar\(65535\)/],
      ["SELECT LEN(JSON_SERIALIZE(s)) FROM big WHERE id = 1", /^22001 .*varchar\(65535\)/],
      ["CREATE TABLE c AS SELECT JSON_SERIALIZE(s) AS j FROM big", /^22001 .*varchar\(65535\)/],
    ],
    "airbytehq/airbyte #16412": [
      ["SELECT id || t FROM big", "22001 CONCAT() result too long for type varchar(65535)"],
      ["SELECT t || t FROM big", "22001 CONCAT() result too long for type varchar(65535)"],
      ["SELECT CONCAT(t, id) FROM big", "22001 CONCAT() result too long for type varchar(65535)"],
      [
        "SELECT MD5(t || COALESCE(t, '')) FROM big",
        "22001 CONCAT() result too long for type varchar(65535)",
      ],
    ],
    r_LISTAGG: [
      [
        "SELECT LISTAGG(t, ',') FROM (SELECT t FROM big UNION ALL SELECT 'x') s",
        "XX000 Result size exceeds LISTAGG limit",
      ],
    ],
  },
};

export default subject;
