import { z } from "zod";

/** How many lines a page of a list has. */
export const PAGE = 50;

/** What the address of a list says; what it says wrongly is as if it weren't there. */
export const listSchema = z.object({
  search: z.string().trim().max(200).catch(""),
  page: z.coerce.number().int().min(1).max(10_000).catch(1),
});
export type List = z.infer<typeof listSchema>;

/** The part of a list that is a page of it. */
export const partOf = ({ page }: Pick<List, "page">): { skip: number; take: number } => ({
  skip: (page - 1) * PAGE,
  take: PAGE,
});

/** What holds a text, whatever its case; the text is no pattern. */
export const holding = (text: string) => ({
  contains: text.replace(/[\\%_]/g, "\\$&"),
  mode: "insensitive" as const,
});

/** The address of another page of a list, or of what was searched in it. */
export function listAddress(path: string, { search, page }: List): string {
  const query = new URLSearchParams({
    ...(search && { search }),
    ...(page > 1 && { page: String(page) }),
  });
  return query.size > 0 ? `${path}?${query}` : path;
}
