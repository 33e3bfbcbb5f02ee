import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const SRC = new URL("../src/", import.meta.url);
const components = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".tsx"));
const read = (file: string) => readFileSync(new URL(file, SRC), "utf8");

test("no words in components: they are in the catalogue, where another language finds them", () => {
  for (const file of components) {
    const literal = /(?:^\s*|[^=]>)\s*([A-Z][a-z]+ ?[a-z]*)\s*<\//m.exec(read(file));
    assert.equal(literal, null, `${file}: ${literal?.[1]}`);
    const attribute = /(?:aria-label|title|placeholder|alt)="[A-Za-z]/.exec(read(file));
    assert.equal(attribute, null, `${file}: ${attribute?.[0]}`);
  }
});

test("every relative import names its file, so that Node can run the modules as they are", () => {
  for (const file of components) {
    for (const [, path] of read(file).matchAll(/from "(\.[^"]+)"/g)) assert.match(path!, /\.tsx?$/, file);
  }
});
