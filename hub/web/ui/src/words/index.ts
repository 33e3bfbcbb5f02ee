import { en, type Words } from "./en.ts";

/** The page's words in the language in use. */
export const words: Words = en;
