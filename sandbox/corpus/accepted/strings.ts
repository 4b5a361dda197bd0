// Character functions and the comparison of character values.
import type { AcceptedSubject } from "../corpus";

const subject: AcceptedSubject = {
  setup: [
    "CREATE TABLE w (a varchar(20), c char(5), n int)",
    "INSERT INTO w VALUES ('ab', 'ab', 1), ('ab  ', 'ab', 2), ('cd', 'cd', 3), (NULL, NULL, 4)",
  ],
  accepted: {
    r_Character_types: [
      ["SELECT 'a' = 'a  '", "t"],
      ["SELECT 'a' <> 'a '", "f"],
      ["SELECT 'a ' IN ('a', 'b')", "t"],
      ["SELECT a FROM w WHERE a = 'ab' AND n = 2", "ab  "],
      ["SELECT COUNT(*) FROM w WHERE a = c", "3"],
      ["SELECT COUNT(DISTINCT a) FROM w", "2"],
      ["SELECT COUNT(*) FROM (SELECT a FROM w GROUP BY a) s", "3"],
      ["SELECT COUNT(*) FROM w x JOIN w y ON x.a = y.a", "5"],
      ["SELECT COUNT(*) FROM (SELECT a FROM w UNION SELECT 'cd   ') s", "3"],
      ["SELECT OCTET_LENGTH(a) FROM w WHERE n = 2", "4"],
      ["SELECT LEN(a) FROM w WHERE n = 2", "4"],
      ["SELECT n FROM w WHERE a LIKE 'ab  '", "2"],
      ["SELECT NULLIF('x ', 'x')", "NULL"],
      ["SELECT CASE 'x ' WHEN 'x' THEN 'same' ELSE 'other' END", "same"],
      ["SELECT 'b ' > 'b', 'b ' >= 'b'", "f|t"],
      ["SELECT CAST('12345678' AS varchar(4))", "1234"],
      ["SELECT CAST('abc' AS char(2))", "ab"],
      ["SELECT OCTET_LENGTH('héé')", "5"],
    ],
    r_CONCAT: [
      ["SELECT CONCAT('a', 'b')", "ab"],
      ["SELECT CONCAT('a', NULL)", "NULL"],
      ["SELECT CONCAT(CONCAT('a', 'b'), 'c')", "abc"],
      ["SELECT CONCAT('seats ', 7)", "seats 7"],
      ["SELECT CONCAT(7, ' seats')", "7 seats"],
    ],
    r_concat_op: [
      ["SELECT 'a' || 'b' || 'c'", "abc"],
      ["SELECT 'a' || NULL", "NULL"],
      ["SELECT 'n=' || 5", "n=5"],
      ["SELECT LEN(REPEAT('a', 65534) || 'b')", "65535"],
    ],
    r_LEN: [
      ["SELECT LEN('abc  ')", "5"],
      ["SELECT LEN('é')", "1"],
      ["SELECT LENGTH(''), LEN(NULL)", "0|NULL"],
      ["SELECT CHAR_LENGTH('four'), CHARACTER_LENGTH('four'), TEXTLEN('four')", "4|4|4"],
    ],
    r_OCTET_LENGTH: [["SELECT OCTET_LENGTH('Français')", "9"]],
    r_LOWER: [["SELECT LOWER('ABC'), UPPER('abc'), INITCAP('two words')", "abc|ABC|Two Words"]],
    r_LEFT: [["SELECT LEFT('Chicago', 5), RIGHT('Chicago', 5)", "Chica|icago"]],
    r_SUBSTRING: [
      [
        "SELECT SUBSTRING('caterpillar', 6, 4), SUBSTRING('caterpillar', 6), SUBSTR('caterpillar', 1, 3)",
        "pill|pillar|cat",
      ],
      ["SELECT SUBSTRING('caterpillar', 0, 4)", "cat"],
    ],
    r_TRIM: [
      ["SELECT TRIM('  x  '), BTRIM('  x  '), LTRIM('  x'), RTRIM('x  ')", "x|x|x|x"],
      [
        "SELECT TRIM(BOTH '\"' FROM '\"x\"'), TRIM(LEADING 'x' FROM 'xxyx'), LTRIM('xxy', 'x')",
        "x|yx|y",
      ],
    ],
    r_LPAD: [
      [
        "SELECT LPAD('cat', 6, '.'), RPAD('cat', 6, '.'), LPAD('caterpillar', 5)",
        "...cat|cat...|cater",
      ],
    ],
    r_REPLACE: [["SELECT REPLACE('a-b-c', '-', '+')", "a+b+c"]],
    r_TRANSLATE: [["SELECT TRANSLATE('mint tea', 'inea', 'osin')", "most tin"]],
    r_REVERSE: [["SELECT REVERSE('abc')", "cba"]],
    r_REPEAT: [["SELECT REPEAT('ab', 3), REPLICATE('ab', 2)", "ababab|abab"]],
    r_STRPOS: [
      [
        "SELECT STRPOS('dogfish', 'fish'), STRPOS('dogfish', 'cat'), CHARINDEX('fish', 'dogfish'), POSITION('fish' IN 'dogfish')",
        "4|0|4|4",
      ],
    ],
    SPLIT_PART: [
      ["SELECT SPLIT_PART('abc$def$ghi', '$', 2), SPLIT_PART('abc$def$ghi', '$', 4)", "def|"],
    ],
    r_ASCII: [["SELECT ASCII('amazon'), CHR(97)", "97|a"]],
    REGEXP_REPLACE: [
      ["SELECT REGEXP_REPLACE('aXbXc', 'X', '-')", "a-b-c"],
      ["SELECT REGEXP_REPLACE('aXbXc', 'X')", "abc"],
      ["SELECT REGEXP_REPLACE('the fox and the Fox', 'fox', 'dog', 1, 'i')", "the dog and the dog"],
      ["SELECT REGEXP_REPLACE('x1 y2', '([a-z])([0-9])', '$2$1')", "1x 2y"],
      ["SELECT REGEXP_REPLACE('aaaa', 'a', 'b', 3)", "aabb"],
    ],
    REGEXP_SUBSTR: [["SELECT REGEXP_SUBSTR('user@example.com', '@[^.]*')", "@example"]],
    REGEXP_COUNT: [["SELECT REGEXP_COUNT('abcdefabc', 'abc')", "2"]],
    REGEXP_INSTR: [["SELECT REGEXP_INSTR('abc1', '[0-9]')", "4"]],
    r_patternmatching_condition_like: [
      [
        "SELECT 'Oslo' LIKE 'O%', 'Oslo' LIKE '_slo', 'oslo' ILIKE 'OS%', 'a_b' LIKE 'a\\\\_b', 'axb' LIKE 'a\\\\_b'",
        "t|t|t|t|f",
      ],
      ["SELECT 'abc' SIMILAR TO '%(b|d)%'", "t"],
    ],
    "pattern-matching-conditions-posix": [
      ["SELECT 'abc' ~ '^a', 'abc' !~ 'z', 'abc' ~ 'C'", "t|t|f"],
    ],
    r_QUOTE_IDENT: [
      [
        "SELECT QUOTE_IDENT('plain'), QUOTE_IDENT('Two Words'), QUOTE_LITERAL('it')",
        "plain|\"Two Words\"|'it'",
      ],
    ],
    r_MD5: [["SELECT MD5('Amazon Redshift')", "f7415e33f972c03abd4f3fed36748f7a"]],
    SHA: [
      [
        "SELECT SHA1('abc'), SHA2('abc', 256)",
        "a9993e364706816aba3e25717850c26c9cd0d89d|ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      ],
    ],
    r_LISTAGG: [
      ["SELECT LISTAGG(a, ',') WITHIN GROUP (ORDER BY n) FROM w WHERE n <> 2", "ab,cd"],
      ["SELECT LISTAGG(DISTINCT c, '|') WITHIN GROUP (ORDER BY c) FROM w", "ab|cd"],
      ["SELECT LISTAGG(n) WITHIN GROUP (ORDER BY n DESC) FROM w", "4321"],
      ["SELECT LISTAGG(a, ',') FROM w WHERE n > 100", "NULL"],
    ],
    r_DECODE_expression: [
      ["SELECT DECODE('b', 'a', 1, 'b', 2, 3), DECODE('z', 'a', 1, 'b', 2, 3)", "2|3"],
      ["SELECT DECODE('z', 'a', 1)", "NULL"],
      [
        "SELECT n, DECODE(a, NULL, 'none', 'ab', 'yes', 'no') FROM w ORDER BY n",
        "1|yes",
        "2|yes",
        "3|no",
        "4|none",
      ],
      ["SELECT DECODE(n + 1, 2, 'two', 'more') FROM w ORDER BY n", "two", "more", "more", "more"],
    ],
    r_NVL_function: [["SELECT NVL(NULL, 'x'), COALESCE(NULL, NULL, 3), NVL('a', 'b')", "x|3|a"]],
    r_NVL2: [["SELECT NVL2(NULL, 'set', 'unset'), NVL2('v', 'set', 'unset')", "unset|set"]],
    r_NULLIF_function: [["SELECT NULLIF(1, 1), NULLIF(1, 2)", "NULL|1"]],
    r_GREATEST_LEAST: [["SELECT GREATEST('a', 'c', 'b'), LEAST(3, 1, 2)", "c|1"]],
    r_CASE_function: [
      ["SELECT CASE WHEN 1 > 2 THEN 'a' END, CASE 5 WHEN 5 THEN 'five' END", "NULL|five"],
    ],
    r_CHAR_LENGTH: [["SELECT TEXTLEN('cat')", "3"]],
    r_STRTOL: [["SELECT STRTOL('abcd1234', 16), STRTOL('110', 2)", "2882343476|6"]],
    r_TO_HEX: [["SELECT TO_HEX(255)", "ff"]],
  },
};

export default subject;
