import "server-only";
import { notFound } from "next/navigation";

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** An id from the address; anything else is a page that does not exist, not an error of the database. */
export const idParam = (text: string): string => (ID.test(text) ? text : notFound());
