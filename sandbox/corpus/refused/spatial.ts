// What GEOMETRY, GEOGRAPHY and HLLSKETCH do not do.
import type { RefusedSubject } from "../corpus";

const subject: RefusedSubject = {
  setup: [
    "CREATE TABLE g (id int, a geometry, b geography, h hllsketch)",
    "INSERT INTO g (id, a) VALUES (1, ST_GeomFromText('POINT(1 2)'))",
  ],
  refused: {
    r_CAST_function: [
      ["SELECT a::varchar FROM g", "42846 cannot cast type geometry to character varying"],
      [
        "SELECT CAST(a AS varchar(65535)) FROM g",
        "42846 cannot cast type geometry to character varying",
      ],
      ["SELECT b::text FROM g", "42846 cannot cast type geography to character varying"],
      ["SELECT a::int FROM g", /^42846 /],
      ["INSERT INTO g (a) VALUES ('POINT(1 2)'::varchar)", /^42804 /],
    ],
    r_HLLSKTECH_type: [
      ["SELECT h::varchar FROM g", "42846 cannot cast type hllsketch to character varying"],
      [
        "SELECT CAST(h AS varchar(65535)) FROM g",
        "42846 cannot cast type hllsketch to character varying",
      ],
      [
        "SELECT MD5(CAST(h AS varchar)) FROM g",
        "42846 cannot cast type hllsketch to character varying",
      ],
      ["CREATE TABLE x (h hllsketch SORTKEY)", /^0A000 /],
    ],
    "spatial-limitations": [
      ["CREATE TABLE x (a geometry DISTKEY)", /^0A000 /],
      ["CREATE TABLE x (id int, a geography) SORTKEY (id, a)", /^0A000 /],
      ["CREATE TABLE x SORTKEY (a) AS SELECT id, a FROM g", /^0A000 /],
      ["SELECT a FROM g ORDER BY a", /^42883 /],
      ["SELECT DISTINCT a FROM g", /^42883 /],
      ["SELECT a, COUNT(*) FROM g GROUP BY a", /^42883 /],
      ["SELECT id FROM g WHERE a = a", /^42883 /],
    ],
    "ST_GeomFromText-function": [
      ["SELECT ST_GeomFromText('POIN(1 2)')", /^22023 /],
      ["SELECT ST_GeomFromText('POINT(1 2')", /^22023 /],
    ],
    "ST_AsEWKT-function": [
      [
        "SELECT ST_AsEWKT(ST_GeomFromText('LINESTRING(' || REPEAT('1e9 1e9,', 7000) || '1 1)')) FROM g",
        /^22001 /,
      ],
    ],
  },
};

export default subject;
