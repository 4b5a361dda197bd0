// How the launcher and its programs write what is not in the log already. With NODE_ENV=production everything is one JSON
// object a line, as the log of the web server and the worker is, so that a collector never meets a line that it can't
// read; else it is sentences for the person at the terminal.
import { format, stripVTControlCharacters } from "node:util";

const levels = { info: 30, warn: 40, error: 50, fatal: 60 };
/** @typedef {keyof typeof levels} Level */

/** Whether lines are for a program; asked anew each time, since .env is read late. */
export const areForPrograms = () => process.env.NODE_ENV === "production";

/** One line, without its end. @param {Level} level @param {string} program @param {string} text */
export const lineOf = (level, program, text) =>
  JSON.stringify({
    level: levels[level],
    time: new Date().toISOString(),
    program,
    msg: stripVTControlCharacters(text).trim(),
  });

/** A sentence of the launcher. @param {string} text @param {Level} [level] */
export function say(text, level = "info") {
  if (areForPrograms()) console.log(lineOf(level, "launcher", text));
  else if (level === "info") console.log(text);
  else console.error(text);
}

/** A line that a program of the launcher has written: as it is where it is JSON. @param {string} program @param {string} line */
export function passOn(program, line) {
  if (!areForPrograms()) console.log(`  ${line}`);
  else if (isObject(line)) console.log(line);
  else if (line.trim() !== "") console.log(lineOf("info", program, line));
}

/** @param {string} text */
function isObject(text) {
  if (!text.startsWith("{")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Has what a library or Node itself prints in this process written as lines too. @param {string} program */
export function consoleAsLines(program) {
  const write = (/** @type {Level} */ level, /** @type {unknown[]} */ parts) => {
    const text = format(...parts);
    if (text.trim() !== "") process.stdout.write(`${lineOf(level, program, text)}\n`);
  };
  console.log = console.info = console.debug = (...parts) => write("info", parts);
  console.warn = console.trace = (...parts) => write("warn", parts);
  console.error = (...parts) => write("error", parts);
  process.removeAllListeners("warning");
  process.on("warning", (warning) => write("warn", [warning]));
  process.on("uncaughtException", (error) => {
    write("fatal", [error]);
    process.exit(1);
  });
}
