const some = (n: number, one: string, several: string): string => `${n === 1 ? one : several.replace("%", String(n))}`;

/** The texts of the self-test; they load with it. What was found is told in the hub's own words. */
export const selftest = {
  title: "Self-test",
  back: "Devices",
  loading: "Asking the hub …",
  failed: "The hub cannot run a self-test now.",
  guests: "Guests cannot start a self-test.",
  lead: "Is everything wired and set as it should be? The hub switches what it can, watches what the meters show, and tells what is wrong and how to mend it.",

  moved: "What it will move",
  moves: {
    battery: "charges and discharges",
    charger: "charges the car and stops",
  } as Record<string, string>,
  movedOther: "is switched",
  nothing: "Nothing can be moved now: no battery answers, and no car is plugged in. The meters are judged by what they show.",
  warning: "These devices are switched for some minutes and do not follow your plans meanwhile. Afterwards each does what it did before. You can stop at any time.",

  pace: "How thorough",
  paces: { quick: "Quick", thorough: "Thorough" },
  paceTold: {
    quick: "About a minute for each thing that is moved.",
    thorough: "Some minutes longer: it also waits to see what each device does when the hub falls silent.",
  },
  start: "Start the self-test",
  again: "Test again",
  starting: "Starting …",
  notStarted: (why: string) => `Not started: ${why}`,
  silent: "the hub did not answer",

  running: "The self-test is running",
  steps: {
    step: (name: string) => `Switching ${name} and watching the meters`,
    watchdog: (name: string) => `Silent towards ${name}: does it let go by itself?`,
  } as Record<string, (name: string) => string>,
  preparing: "Getting ready …",
  left: (minutes: number) => some(minutes, "about a minute left", "about % minutes left"),
  soon: "less than a minute left",
  progress: "Progress",
  stop: "Stop",
  stopping: "Stopping …",
  notStopped: (why: string) => `Not stopped: ${why}`,

  result: "Last result",
  ended: (at: string) => `Ended ${at}`,
  stopped: "It was stopped early: only what was seen until then is judged.",
  headline: (faults: number, unknown: number) =>
    faults > 0
      ? some(faults, "One thing is wrong.", "% things are wrong.")
      : unknown > 0
        ? `Nothing wrong was found. ${some(unknown, "One thing is not known.", "% things are not known.")}`
        : "Everything is as it should be.",
  verdicts: { fault: "To mend", unknown: "Not known", good: "Good" },
  mend: "What to do:",
  print: "Print the report",
  newTab: "opens in a new tab",
};
