// SUPER, JSON and VARBYTE.
import type { AcceptedSubject } from "../corpus";

const subject: AcceptedSubject = {
  setup: [
    "CREATE TABLE j (id int, s super, t varchar(100), x varbyte(10))",
    'INSERT INTO j SELECT 1, JSON_PARSE(\'{"a": 1, "b": [true, null]}\'), \'{"a":{"b":"deep"}}\', TO_VARBYTE(\'616263\', \'hex\')',
    "INSERT INTO j VALUES (2, NULL, NULL, NULL)",
  ],
  accepted: {
    JSON_PARSE: [
      ["SELECT JSON_PARSE('[10001,10002,\"abc\"]')", '[10001,10002,"abc"]'],
      ['SELECT JSON_PARSE(\'{"a": 1, "b": 2}\')', '{"a":1,"b":2}'],
      ["SELECT s FROM j ORDER BY id", '{"a":1,"b":[true,null]}', "NULL"],
    ],
    JSON_SERIALIZE: [
      ["SELECT JSON_SERIALIZE(JSON_PARSE('[1, \"x\"]'))", '[1,"x"]'],
      ["SELECT JSON_SERIALIZE(s) FROM j ORDER BY id", '{"a":1,"b":[true,null]}', "NULL"],
      [
        "SELECT OCTET_LENGTH(JSON_SERIALIZE(JSON_PARSE('[\"' || REPEAT('a', 65531) || '\"]')))",
        "65535",
      ],
    ],
    r_json_size: [["SELECT JSON_SIZE(JSON_PARSE('[1,2]')) > 0", "t"]],
    r_json_typeof: [
      [
        "SELECT JSON_TYPEOF(JSON_PARSE('[1]')), JSON_TYPEOF(JSON_PARSE('{\"a\":1}')), JSON_TYPEOF(JSON_PARSE('\"x\"'))",
        "array|object|string",
      ],
    ],
    r_is_object: [["SELECT IS_OBJECT(s), IS_ARRAY(s), IS_SCALAR(s) FROM j WHERE id = 1", "t|f|f"]],
    get_array_length: [["SELECT GET_ARRAY_LENGTH(JSON_PARSE('[1,2,3]'))", "3"]],
    JSON_EXTRACT_PATH_TEXT: [
      [
        'SELECT JSON_EXTRACT_PATH_TEXT(\'{"f2":{"f3":1},"f4":{"f5":99,"f6":"star"}}\', \'f4\', \'f6\')',
        "star",
      ],
      ["SELECT JSON_EXTRACT_PATH_TEXT(t, 'a', 'b') FROM j WHERE id = 1", "deep"],
    ],
    JSON_EXTRACT_ARRAY_ELEMENT_TEXT: [
      ["SELECT JSON_EXTRACT_ARRAY_ELEMENT_TEXT('[111,112,113]', 2)", "113"],
    ],
    JSON_ARRAY_LENGTH: [["SELECT JSON_ARRAY_LENGTH('[11,12,13]')", "3"]],
    IS_VALID_JSON: [
      [
        "SELECT IS_VALID_JSON('{\"a\":2}'), IS_VALID_JSON('{a:2}'), IS_VALID_JSON_ARRAY('[1]')",
        "t|f|t",
      ],
    ],
    CAN_JSON_PARSE: [["SELECT CAN_JSON_PARSE('[1'), CAN_JSON_PARSE('[1]')", "f|t"]],
    r_SUPER_type: [
      ["CREATE TABLE k (id int, s super ENCODE zstd) DISTKEY (id) SORTKEY (id)"],
      ["INSERT INTO k SELECT id, s FROM j"],
      ["INSERT INTO k VALUES (3, 5), (4, true), (5, JSON_PARSE('\"text\"'))"],
      [
        "SELECT id, s FROM k ORDER BY id",
        '1|{"a":1,"b":[true,null]}',
        "2|NULL",
        "3|5",
        "4|true",
        '5|"text"',
      ],
    ],
    "limitations-super": [
      ["SELECT 5::bool", "t"],
      ["SELECT COUNT(*) FROM j a LEFT JOIN k b ON a.id = b.id WHERE a.s IS NULL", "1"],
    ],
    r_VARBYTE_type: [["SELECT x FROM j WHERE id = 1", "616263"]],
    r_TO_VARBYTE: [
      [
        "SELECT TO_VARBYTE('616263', 'hex'), FROM_VARBYTE(TO_VARBYTE('616263', 'hex'), 'utf-8')",
        "616263|abc",
      ],
    ],
    r_FROM_VARBYTE: [["SELECT FROM_VARBYTE(x, 'hex') FROM j ORDER BY id", "616263", "NULL"]],
  },
};

export default subject;
