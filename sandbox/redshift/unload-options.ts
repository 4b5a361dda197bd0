import { unsupported } from "./errors";
import type { Token } from "./lexer";
export interface UnloadOptions { query: string }
export function parseUnload(all: Token[]): UnloadOptions { void all; throw unsupported("UNLOAD: not yet"); }
