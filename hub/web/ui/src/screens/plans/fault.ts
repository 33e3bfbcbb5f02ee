/** Where in a text the hub has found something wrong: "at column 5 of 'the text': what is wrong". */

const PLACE = /^at column (\d+) of (['"])[^]*?\2: /;

export interface Place {
  before: string;
  word: string;
  after: string;
}

/** The text around the place, if the hub speaks of this text. */
export function placeIn(said: string, text: string): Place | undefined {
  const column = /^at column (\d+) of /.exec(said);
  if (!column || !said.slice(column[0].length).startsWith(`${quoted(text)}: `)) return undefined;
  const at = Number(column[1]) - 1;
  const word = /^(?:[\w.]+|\S)/.exec(text.slice(at))?.[0] ?? " ";
  return { before: text.slice(0, at), word, after: text.slice(at + word.length) };
}

/** What is wrong, without the place. */
export const withoutPlace = (said: string): string => said.replace(PLACE, "");

/** As the hub quotes a text. */
function quoted(text: string): string {
  const plain = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return text.includes("'") && !text.includes('"') ? `"${plain}"` : `'${plain.replaceAll("'", "\\'")}'`;
}
