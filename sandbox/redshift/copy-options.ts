import { unsupported } from "./errors";
import type { Token } from "./lexer";
import type { RewriteContext } from "./rewrite";
export interface CopyOptions { table: string }
export function parseCopy(all: Token[], context: RewriteContext): CopyOptions { void all; void context; throw unsupported("COPY: not yet"); }
