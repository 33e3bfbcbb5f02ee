import type { ReactNode } from "react";
import { plans } from "../../words/plans.ts";
import { actionsOf, type Document } from "./document.ts";
import { lengthOf } from "./length.ts";
import type { House } from "./points.ts";
import { action, condition, durationText } from "./say.ts";

const t = plans.rules;

/** The rule as one sentence. What has no words is shown as it was written. */
export function RuleSentence({ document, house }: { document: Document; house: House }) {
  const text = (key: string) => String(document[key]);
  const until = document["until"] === undefined ? "" : text("until");
  return (
    <p className="sentence">
      <b>{t.when}</b> <Condition text={text("when")} house={house} />
      {document["for"] !== undefined && (
        <>
          {" "}
          <b>{t.for}</b> {durationText(text("for"))}
        </>
      )}
      {actionsOf(document).map((a, n) => (
        <Said key={a} word={n ? t.alsoThen : `, ${t.then}`}>
          {action(a, house)}
        </Said>
      ))}
      {document["while"] !== undefined && (
        <Said word={`, ${t.while}`}>
          <Condition text={text("while")} house={house} />
        </Said>
      )}
      {until && (
        <Said word={`, ${t.until}`}>{lengthOf(until) || /^\s*\d+:\d+\s*$/.test(until) ? durationText(until) : <Condition text={until} house={house} />}</Said>
      )}
      . {extra(document)}
    </p>
  );
}

/** What goes beyond the sentence: how long it goes on, how long it rests, how much it weighs. */
function extra(document: Document): string {
  const { min_for, cooldown, priority } = document;
  const told = (key: string) => durationText(String(document[key]));
  return [
    min_for !== undefined && t.said.minFor(told("min_for")),
    cooldown !== undefined && t.said.cooldown(told("cooldown")),
    priority !== undefined && t.said.priority(String(priority)),
  ]
    .filter(Boolean)
    .join(" ");
}

const Said = ({ word, children }: { word: string; children: ReactNode }) => (
  <>
    {word.startsWith(",") ? ", " : " "}
    <b>{word.replace(", ", "")}</b> {children}
  </>
);

const Condition = ({ text, house }: { text: string; house: House }) => condition(text, house) ?? <code>{text}</code>;
