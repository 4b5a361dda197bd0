// Numbers, casts between them and aggregates over them.
import type { AcceptedSubject } from "../corpus";

const subject: AcceptedSubject = {
  setup: [
    "CREATE TABLE m (i int, b bigint, d decimal(5,2), f double precision, g varchar(1))",
    "INSERT INTO m VALUES (1, 10, 1.10, 0.5, 'x'), (2, 21, 2.25, 1.5, 'x'), (4, 32, NULL, 2.5, 'y')",
  ],
  accepted: {
    r_AVG: [
      ["SELECT AVG(i) FROM m", "2"],
      ["SELECT AVG(b) FROM m", "21"],
      ["SELECT AVG(i::smallint) FROM m", "2"],
      ["SELECT AVG(f) FROM m", "1.5"],
      ["SELECT AVG(d) FROM m WHERE i < 2", "1.10"],
      ["SELECT AVG(i::decimal(10,4)) FROM m", "2.3333"],
      ["SELECT AVG(i) FROM m WHERE i > 100", "NULL"],
      ["SELECT AVG(DISTINCT i) FROM m", "2"],
      ["SELECT g, AVG(i) FROM m GROUP BY g ORDER BY g", "x|1", "y|4"],
    ],
    r_ROUND: [
      ["SELECT ROUND(28.05), ROUND(28.05, 1), ROUND(28.05, -1)", "28|28.1|30"],
      ["SELECT ROUND(2.567::double precision, 1), ROUND(f, 0) FROM m WHERE i = 1", "2.6|1"],
      ["SELECT ROUND(2.5::real, 1)", "2.5"],
    ],
    r_TRUNC: [
      ["SELECT TRUNC(111.86), TRUNC(111.86, 1), TRUNC(111.86, -1)", "111|111.8|110"],
      ["SELECT TRUNC(2.567::float8, 2)", "2.56"],
    ],
    r_CEILING_FLOOR: [["SELECT CEIL(28.05), CEILING(-1.5), FLOOR(28.95)", "29|-1|28"]],
    r_MOD: [["SELECT MOD(7, 4), 7 % 4", "3|3"]],
    r_ABS: [["SELECT ABS(-38), SIGN(-0.5), SIGN(0)", "38|-1|0"]],
    r_POWER: [["SELECT POWER(2, 3), POW(2, 10), SQRT(16)", "8|1024|4"]],
    r_LN: [["SELECT ROUND(LN(10), 4), LOG(100), ROUND(EXP(1), 4)", "2.3026|2|2.7183"]],
    r_PI: [["SELECT ROUND(PI(), 5), ROUND(SIN(0), 2), ROUND(DEGREES(PI()), 1)", "3.14159|0|180"]],
    r_SUM: [
      ["SELECT SUM(i), SUM(b), SUM(d), SUM(f) FROM m", "7|63|3.35|4.5"],
      ["SELECT SUM(DISTINCT i) FROM m", "7"],
    ],
    r_COUNT: [
      ["SELECT COUNT(*), COUNT(d), COUNT(DISTINCT g) FROM m", "3|2|2"],
      ["SELECT APPROXIMATE COUNT(DISTINCT g) FROM m", "2"],
    ],
    r_MAX: [["SELECT MAX(i), MIN(d), MAX(g) FROM m", "4|1.10|y"]],
    r_STDDEV_functions: [
      ["SELECT ROUND(STDDEV_SAMP(i), 4), ROUND(STDDEV_POP(i), 4) FROM m", "1.5275|1.2472"],
    ],
    r_VARIANCE_functions: [
      ["SELECT ROUND(VAR_SAMP(i), 4), ROUND(VAR_POP(i), 4) FROM m", "2.3333|1.5556"],
    ],
    r_BOOL_AND: [["SELECT BOOL_AND(i > 0), BOOL_OR(i > 3) FROM m", "t|t"]],
    r_BIT_AND: [["SELECT BIT_AND(i), BIT_OR(i) FROM m", "0|7"]],
    r_Numeric_types201: [
      [
        "SELECT 1::smallint, 2147483647::int, 9223372036854775807::bigint",
        "1|2147483647|9223372036854775807",
      ],
      [
        "SELECT 1.005::decimal(4,2), 12345::numeric(38,0), 0.1::real, 0.1::float8",
        "1.01|12345|0.1|0.1",
      ],
      ["SELECT CAST('12' AS int), '1.5'::decimal(3,1), '42'::bigint", "12|1.5|42"],
      ["SELECT 7 / 2, -7 / 2, 7 / 2.0::double precision", "3|-3|3.5"],
      ["SELECT 1.5::int, 2.5::decimal(2,1)::int", "2|3"],
    ],
    r_CAST_function: [
      [
        "SELECT CAST(7 AS varchar), CAST(7 AS decimal(5,2)), CAST(DATE '2024-02-29' AS varchar)",
        "7|7.00|2024-02-29",
      ],
      ["SELECT '2024-02-29'::date, '10:11:12'::time, 3::float", "2024-02-29|10:11:12|3"],
      ["SELECT CONVERT_TIMEZONE('America/New_York', '2013-02-01 08:00:00')", "2013-02-01 03:00:00"],
    ],
    r_TO_CHAR: [
      ["SELECT TO_CHAR(125.8, '999D99'), TO_CHAR(12, '0000')", " 125.80| 0012"],
      [
        "SELECT TO_CHAR(TIMESTAMP '2009-12-31 23:15:59', 'MON-DD-YYYY HH12:MI:SS')",
        "DEC-31-2009 11:15:59",
      ],
    ],
    r_TO_NUMBER: [["SELECT TO_NUMBER('12,454.8-', '99G999D9S')", "-12454.8"]],
    r_RANDOM: [["SELECT RANDOM() < 1", "t"]],
    r_numeric_literals201: [["SELECT 1e3, .5, 10.", "1000|0.5|10"]],
    r_MEDIAN: [
      ["SELECT MEDIAN(i) FROM m", "2"],
      ["SELECT g, MEDIAN(f) FROM m GROUP BY g ORDER BY g", "x|1", "y|2.5"],
    ],
    r_PERCENTILE_CONT: [["SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY i) FROM m", "2"]],
  },
};

export default subject;
