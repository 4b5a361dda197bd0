import { z } from "zod";

/** One chosen column and the trait it becomes; dots in the key nest (`address.city`). */
const mappedColumnSchema = z.object({
  column: z.string().min(1),
  traitKey: z.string(),
});

export const mappingSchema = z.object({
  columns: z.array(mappedColumnSchema),
  /** The column whose value becomes `userId`; null: events carry `anonymousId` alone. */
  userId: z.string().nullable(),
  /** The column whose value becomes `anonymousId`. */
  anonymousId: z.string().nullable(),
});
export type Mapping = z.infer<typeof mappingSchema>;
