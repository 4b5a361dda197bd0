// Window functions.
import type { AcceptedSubject } from "../corpus";

const subject: AcceptedSubject = {
  setup: [
    "CREATE TABLE p (id int, g varchar(1), v int)",
    "INSERT INTO p VALUES (1, 'a', 10), (2, 'a', 20), (3, 'b', 5), (4, 'b', 15), (5, 'b', 15)",
  ],
  accepted: {
    r_WF_LAG: [
      [
        "SELECT id, LAG(v) OVER (ORDER BY id) FROM p ORDER BY id",
        "1|NULL",
        "2|10",
        "3|20",
        "4|5",
        "5|15",
      ],
      [
        "SELECT id, LAG(v, 2) OVER (PARTITION BY g ORDER BY id) FROM p ORDER BY id",
        "1|NULL",
        "2|NULL",
        "3|NULL",
        "4|NULL",
        "5|5",
      ],
    ],
    r_WF_LEAD: [
      [
        "SELECT id, LEAD(v, 1) OVER (ORDER BY id) FROM p ORDER BY id",
        "1|20",
        "2|5",
        "3|15",
        "4|15",
        "5|NULL",
      ],
    ],
    r_WF_ROW_NUMBER: [
      [
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY g ORDER BY v DESC, id) FROM p ORDER BY id",
        "1|2",
        "2|1",
        "3|3",
        "4|1",
        "5|2",
      ],
      ["SELECT COUNT(*) FROM (SELECT ROW_NUMBER() OVER () AS n FROM p) s WHERE n = 1", "1"],
    ],
    r_WF_RANK: [
      [
        "SELECT id, RANK() OVER (PARTITION BY g ORDER BY v DESC) FROM p ORDER BY id",
        "1|2",
        "2|1",
        "3|3",
        "4|1",
        "5|1",
      ],
    ],
    r_WF_DENSE_RANK: [
      [
        "SELECT id, DENSE_RANK() OVER (ORDER BY v) FROM p ORDER BY id",
        "1|2",
        "2|4",
        "3|1",
        "4|3",
        "5|3",
      ],
    ],
    r_WF_NTILE: [
      [
        "SELECT id, NTILE(2) OVER (ORDER BY id) FROM p ORDER BY id",
        "1|1",
        "2|1",
        "3|1",
        "4|2",
        "5|2",
      ],
    ],
    r_WF_PERCENT_RANK: [
      [
        "SELECT id, PERCENT_RANK() OVER (ORDER BY id) FROM p ORDER BY id",
        "1|0",
        "2|0.25",
        "3|0.5",
        "4|0.75",
        "5|1",
      ],
    ],
    r_WF_CUME_DIST: [
      [
        "SELECT id, CUME_DIST() OVER (ORDER BY id) FROM p ORDER BY id",
        "1|0.2",
        "2|0.4",
        "3|0.6",
        "4|0.8",
        "5|1",
      ],
    ],
    r_WF_SUM: [
      [
        "SELECT id, SUM(v) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) FROM p ORDER BY id",
        "1|10",
        "2|30",
        "3|35",
        "4|50",
        "5|65",
      ],
      [
        "SELECT id, SUM(v) OVER (PARTITION BY g) FROM p ORDER BY id",
        "1|30",
        "2|30",
        "3|35",
        "4|35",
        "5|35",
      ],
      [
        "SELECT id, SUM(v) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM p ORDER BY id",
        "1|30",
        "2|35",
        "3|40",
        "4|35",
        "5|30",
      ],
      ["SELECT DISTINCT SUM(v) OVER () FROM p", "65"],
    ],
    r_WF_COUNT: [
      [
        "SELECT id, COUNT(*) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM p ORDER BY id",
        "1|1",
        "2|2",
        "3|3",
        "4|4",
        "5|5",
      ],
    ],
    r_WF_AVG: [
      [
        "SELECT id, AVG(v) OVER (PARTITION BY g ORDER BY id ROWS UNBOUNDED PRECEDING) FROM p ORDER BY id",
        "1|10",
        "2|15",
        "3|5",
        "4|10",
        "5|11",
      ],
    ],
    r_WF_MAX: [
      [
        "SELECT id, MAX(v) OVER (PARTITION BY g ORDER BY id ROWS UNBOUNDED PRECEDING), MIN(v) OVER (PARTITION BY g) FROM p ORDER BY id",
        "1|10|10",
        "2|20|10",
        "3|5|5",
        "4|15|5",
        "5|15|5",
      ],
    ],
    r_WF_first_value: [
      [
        "SELECT id, FIRST_VALUE(v) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM p ORDER BY id",
        "1|10",
        "2|10",
        "3|5",
        "4|5",
        "5|5",
      ],
      [
        "SELECT id, LAST_VALUE(v) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM p ORDER BY id",
        "1|20",
        "2|20",
        "3|15",
        "4|15",
        "5|15",
      ],
      ["SELECT DISTINCT g, FIRST_VALUE(g) OVER (PARTITION BY g) FROM p ORDER BY g", "a|a", "b|b"],
    ],
    r_WF_NTH: [
      [
        "SELECT id, NTH_VALUE(v, 2) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM p ORDER BY id",
        "1|20",
        "2|20",
        "3|15",
        "4|15",
        "5|15",
      ],
    ],
    "OHDSI/Achilles #232": [
      [
        "SELECT g, SUM(COUNT(*)) OVER (ORDER BY g ROWS UNBOUNDED PRECEDING) FROM p GROUP BY g ORDER BY g",
        "a|2",
        "b|5",
      ],
      [
        "SELECT g, v, SUM(COUNT(id)) OVER (PARTITION BY g ORDER BY v DESC ROWS UNBOUNDED PRECEDING) FROM p GROUP BY g, v ORDER BY g, v",
        "a|10|2",
        "a|20|1",
        "b|5|3",
        "b|15|2",
      ],
    ],
  },
};

export default subject;
