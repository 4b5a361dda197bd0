// Each page, route and action, found on disk and in the build, over HTTP: by nobody, by each role, by another team, with
// foreign origins and with headers that got past others' guards. On a Tidegate of its own: it fills its database.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { doorTable, goThroughEveryDoor } from "@/scripts/every-door";
import { startOwnTidegate } from "@/scripts/own-tidegate";
import { expect, test } from "./fixtures/tidegate";

test("every door is open to whom the matrix says, and to nobody else", async () => {
  test.setTimeout(600_000);
  const tidegate = await startOwnTidegate("tidegate-doors-");
  try {
    const { web, database } = tidegate.endpoints() as { web: string; database: string };
    const visits = await goThroughEveryDoor(
      web,
      database,
      readFileSync(join(tidegate.dataDir, "encryption-key"), "utf8").trim(),
    );
    console.table(doorTable(visits));
    expect(visits.filter(({ got, expected }) => got !== expected)).toEqual([]);
    // that another team is refused by what it names, not by what it forgot to fill in
    expect(
      visits
        .filter(
          ({ who, kind, got, says }) =>
            who === "another team" &&
            kind === "action" &&
            got === "refused" &&
            /^(Invalid input|Enter |Choose |Give )/.test(says),
        )
        .map(({ door, says }) => `${door}: ${says}`),
    ).toEqual([]);
  } finally {
    await tidegate.stop();
  }
});
