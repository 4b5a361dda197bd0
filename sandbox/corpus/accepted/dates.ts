// Dates and times.
import type { AcceptedSubject } from "../corpus";

const subject: AcceptedSubject = {
  setup: [
    "CREATE TABLE e (id int, at timestamp, tz timestamptz, d date)",
    "INSERT INTO e VALUES (1, '2024-01-31 10:20:30.123456', '2024-01-31 10:20:30+00', '2024-01-31'), (2, '2024-03-01 00:00:00', '2024-03-01 00:00:00+02', '2024-03-01')",
  ],
  accepted: {
    r_DATEADD_function: [
      ["SELECT DATEADD(day, 30, at) FROM e WHERE id = 1", "2024-03-01 10:20:30.123456"],
      ["SELECT DATEADD(month, 1, '2024-01-31'::date)", "2024-02-29 00:00:00"],
      ["SELECT DATEADD('hour', -1, '2024-01-01 00:30:00'::timestamp)", "2023-12-31 23:30:00"],
      ["SELECT DATEADD(year, 1, DATE '2024-02-29')", "2025-02-28 00:00:00"],
    ],
    r_DATEDIFF_function: [
      ["SELECT DATEDIFF(week, '2009-01-01', '2009-12-31')", "52"],
      ["SELECT DATEDIFF(qtr, '1998-07-01'::date, '2024-01-01'::date)", "102"],
      [
        "SELECT DATEDIFF(day, '2024-01-31 23:59:59'::timestamp, '2024-02-01 00:00:00'::timestamp)",
        "1",
      ],
      ["SELECT DATEDIFF(month, '2024-01-31'::date, '2024-02-01'::date)", "1"],
      ["SELECT DATEDIFF(second, at, at) FROM e", "0", "0"],
    ],
    r_DATE_TRUNC: [
      [
        "SELECT DATE_TRUNC('month', at) FROM e ORDER BY id",
        "2024-01-01 00:00:00",
        "2024-03-01 00:00:00",
      ],
      ["SELECT DATE_TRUNC('week', '2024-01-31'::timestamp)", "2024-01-29 00:00:00"],
    ],
    r_DATE_PART_function: [
      ["SELECT DATE_PART(year, at), DATE_PART('month', at) FROM e WHERE id = 1", "2024|1"],
    ],
    r_EXTRACT_function: [
      ["SELECT EXTRACT(day FROM at), EXTRACT(hour FROM at) FROM e WHERE id = 1", "31|10"],
      ["SELECT EXTRACT(epoch FROM '2024-01-01 00:00:00'::timestamp) = 1704067200", "t"],
    ],
    r_ADD_MONTHS: [["SELECT ADD_MONTHS('2024-01-31'::timestamp, 1)", "2024-02-29 00:00:00"]],
    r_LAST_DAY: [["SELECT LAST_DAY('2024-02-10'::timestamp)", "2024-02-29"]],
    r_TRUNC_date: [["SELECT TRUNC(at) FROM e WHERE id = 1", "2024-01-31"]],
    CONVERT_TIMEZONE: [
      [
        "SELECT CONVERT_TIMEZONE('UTC', 'Asia/Kathmandu', '2024-01-01 00:00:00'::timestamp)",
        "2024-01-01 05:45:00",
      ],
    ],
    r_AT_TIME_ZONE: [
      [
        "SELECT '2024-01-01 00:00:00'::timestamp AT TIME ZONE 'Europe/Berlin'",
        "2023-12-31 23:00:00+00",
      ],
    ],
    r_TO_DATE_function: [["SELECT TO_DATE('02 Oct 2001', 'DD Mon YYYY')", "2001-10-02"]],
    r_TO_TIMESTAMP: [
      [
        "SELECT TO_TIMESTAMP('2011/12/18 11:38:15', 'YYYY/MM/DD HH24:MI:SS')",
        "2011-12-18 11:38:15+00",
      ],
    ],
    r_GETDATE: [
      [
        "SELECT GETDATE() > '2020-01-01', SYSDATE > '2020-01-01', CURRENT_DATE > '2020-01-01'",
        "t|t|t",
      ],
    ],
    r_Datetime_types: [
      [
        "SELECT at, tz, d FROM e WHERE id = 2",
        "2024-03-01 00:00:00|2024-02-29 22:00:00+00|2024-03-01",
      ],
      ["SELECT d + 1, d - 1 FROM e WHERE id = 1", "2024-02-01|2024-01-30"],
      ["SELECT at - INTERVAL '1 day' FROM e WHERE id = 2", "2024-02-29 00:00:00"],
      ["SELECT INTERVAL '48 hours' < INTERVAL '3 days'", "t"],
      [
        "SELECT DATE '2024-02-29', TIMESTAMP '2024-02-29 10:00:00'",
        "2024-02-29|2024-02-29 10:00:00",
      ],
      ["SELECT '12:30:15.5'::time, '12:30:15+02'::timetz", "12:30:15.5|12:30:15+02"],
      ["SELECT COUNT(*) FROM e WHERE d BETWEEN '2024-01-01' AND '2024-02-01'", "1"],
      ["SELECT id FROM e WHERE at > '2024-02-01' AND at < GETDATE()", "2"],
      [
        "SELECT CAST(at AS date), CAST(d AS timestamp) FROM e WHERE id = 1",
        "2024-01-31|2024-01-31 00:00:00",
      ],
      ["SELECT at::varchar FROM e WHERE id = 2", "2024-03-01 00:00:00"],
    ],
  },
};

export default subject;
