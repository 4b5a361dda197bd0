import next from "@next/eslint-plugin-next";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";
import { importLaw } from "./scripts/import-law.mjs";

const clock = {
  selector:
    "NewExpression[callee.name='Date'][arguments.length=0], CallExpression[callee.object.name='Date'][callee.property.name='now']",
  message: "Ask the clock you were given (lib/platform/clock.ts), so that tests can move time.",
};
const env = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: "Settings come from lib/platform/env.ts, validated once.",
};

export default ts.config(
  {
    ignores: [
      ".next/",
      "node_modules/",
      "prisma/generated/",
      ".data*/",
      "next-env.d.ts",
      "test-results/",
      "playwright-report/",
    ],
  },
  {
    files: ["**/*.{ts,tsx,mjs}"],
    languageOptions: { parser: ts.parser },
    plugins: { "@typescript-eslint": ts.plugin, tidegate: { rules: { "import-law": importLaw } } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "tidegate/import-law": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/ban-ts-comment": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      "@typescript-eslint/consistent-type-imports": [
        "error",
        { fixStyle: "inline-type-imports", disallowTypeAnnotations: false },
      ],
      "no-restricted-exports": ["error", { restrictDefaultExports: { direct: false } }],
      "no-empty": "error",
      "no-nested-ternary": "error",
      eqeqeq: "error",
    },
  },
  {
    // what only types can tell: a promise that nobody waits for hides its failure
    files: ["**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": [
        "error",
        { checksVoidReturn: { attributes: false } },
      ],
    },
  },
  {
    files: ["app/**", "components/**"],
    plugins: { "react-hooks": hooks, "@next/next": next },
    rules: {
      ...hooks.configs.recommended.rules,
      ...next.configs.recommended.rules,
      "react-hooks/incompatible-library": "off",
    },
  },
  {
    files: ["app/**", "components/**", "lib/**"],
    ignores: ["lib/platform/env.ts", "**/*.test.ts", "lib/testing/**"],
    rules: { "no-restricted-syntax": ["error", env] },
  },
  {
    files: ["lib/engine/**", "lib/runs/**", "lib/jobs/**"],
    ignores: ["**/*.test.ts"],
    rules: { "no-restricted-syntax": ["error", env, clock] },
  },
);
