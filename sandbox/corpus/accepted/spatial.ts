// GEOMETRY, GEOGRAPHY and HLLSKETCH.
import type { AcceptedSubject } from "../corpus";

const subject: AcceptedSubject = {
  setup: [
    "CREATE TABLE g (id int, a geometry, b geography, h hllsketch)",
    'INSERT INTO g VALUES (1, ST_GeomFromText(\'POINT(1 2)\', 4326), ST_GeogFromText(\'POINT(10 20)\'), \'{"logm":15,"sparse":{"indices":[1],"values":[1]}}\')',
    "INSERT INTO g (id) VALUES (2)",
  ],
  accepted: {
    "ST_AsEWKT-function": [
      [
        "SELECT ST_AsEWKT(ST_GeomFromText('LINESTRING(3.141592653589793 -6.283185307179586,2.718281828459045 -1.414213562373095)', 4326))",
        "SRID=4326;LINESTRING(3.14159265358979 -6.28318530717959,2.71828182845905 -1.41421356237309)",
      ],
      [
        "SELECT ST_AsEWKT(ST_GeomFromText('LINESTRING(3.141592653589793 -6.283185307179586,2.718281828459045 -1.414213562373095)', 4326), 6)",
        "SRID=4326;LINESTRING(3.14159 -6.28319,2.71828 -1.41421)",
      ],
      [
        "SELECT ST_AsEWKT(ST_GeogFromText('LINESTRING(110 40, 2 3, -10 80, -7 9)'))",
        "SRID=4326;LINESTRING(110 40,2 3,-10 80,-7 9)",
      ],
      [
        "SELECT id, ST_AsEWKT(a), ST_AsEWKT(b) FROM g ORDER BY id",
        "1|SRID=4326;POINT(1 2)|SRID=4326;POINT(10 20)",
        "2|NULL|NULL",
      ],
    ],
    "ST_AsText-function": [
      ["SELECT ST_AsText(ST_GeomFromText('POINT(1.5 2)', 4326))", "POINT(1.5 2)"],
    ],
    "ST_GeomFromEWKT-function": [
      [
        "SELECT ST_AsEWKT(ST_GeomFromEWKT('SRID=4326;MULTILINESTRING((1 0,1 0),(2 0,3 0),(4 0,5 0,6 0))'))",
        "SRID=4326;MULTILINESTRING((1 0,1 0),(2 0,3 0),(4 0,5 0,6 0))",
      ],
      ["SELECT ST_AsEWKT(ST_GeomFromEWKT('SRID=4326;POINT EMPTY'))", "SRID=4326;POINT EMPTY"],
      ["SELECT ST_AsEWKT(ST_GeomFromEWKT(NULL))", "NULL"],
      ["INSERT INTO g (id, a) SELECT 3, ST_GeomFromEWKT('POLYGON((0 0,0 1,1 1,1 0,0 0))')"],
    ],
    "ST_SRID-function": [["SELECT ST_SRID(a) FROM g ORDER BY id", "4326", "NULL", "0"]],
    "spatial-limitations": [
      ["SELECT COUNT(a), COUNT(b), COUNT(h) FROM g", "2|1|1"],
      [
        "SELECT ST_AsText(COALESCE(a, ST_GeomFromText('POINT(0 0)'))) FROM g ORDER BY id",
        "POINT(1 2)",
        "POINT(0 0)",
        "POLYGON((0 0,0 1,1 1,1 0,0 0))",
      ],
      ["SELECT ST_AsText(CASE WHEN id = 1 THEN a END) FROM g WHERE id = 1", "POINT(1 2)"],
      ["CREATE TABLE copy_of AS SELECT id, a, b, h FROM g"],
    ],
    "geospatial-overview": [
      ["SELECT ST_AsEWKT(a::geography) FROM g WHERE id = 1", "SRID=4326;POINT(1 2)"],
    ],
    r_HLLSKTECH_type: [
      ["SELECT COUNT(NVL(h, h)) FROM g", "1"],
      ["ALTER TABLE g ADD COLUMN more hllsketch"],
    ],
  },
};

export default subject;
