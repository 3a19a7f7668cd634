/** The instrument's settings: what may be set, what is set at first, and how they stand in a link. */
import constants from "../../constants.json" with { type: "json" };
import { readVector } from "./vector_text.mjs";

const round = (value) => Math.round(value * 1e4) / 1e4;

/** What a setting may be: `read(value)` gives it as it is kept, or `undefined` for a wrong one. */
const number = (first, least, most) => ({
  first,
  may: `a number from ${least} to ${most}`,
  read(value) {
    const given = typeof value === "string" && value.trim() === "" ? NaN : Number(value);
    return given >= least && given <= most ? round(given) : undefined;
  },
});

const whole = (first, least, most) => {
  const { read } = number(first, least, most);
  const may = `a whole number from ${least} to ${most}`;
  return { first, may, read: (value) => (Number.isInteger(read(value)) ? read(value) : undefined) };
};

const choice = (first, known) => ({
  first,
  may: `one of ${known.join(", ")}`,
  read: (value) => (known.includes(value) ? value : undefined),
});

const text = (most, may, isRight = () => true) => ({
  first: "",
  may,
  read: (value) => (typeof value === "string" && value.length <= most && isRight(value) ? value : undefined),
});

function isVector(value) {
  try {
    return readVector(value).every(Number.isFinite);
  } catch {
    return false;
  }
}

/** What makes one sound of the model. */
const SOUND = {
  family: choice("organ", constants.families),
  point: text(60, "the name of a point of the family, own, or nothing"),
  x: number(0, -2, 2),
  y: number(0, -2, 2),
  u: number(0, -2, 2),
  v: number(0, -2, 2),
};

/** Another sound, in the words of a link. */
const second = {
  first: "",
  may: "family, point, x, y, u and v of a sound, as in a link",
  read(value) {
    if (value === "") return "";
    if (typeof value !== "string" || value.length > 200) return undefined;
    const { settings, refused } = parse(value, SOUND);
    return refused.length ? undefined : format({ family: SOUND.family.first, ...settings }, SOUND, ["family"]);
  },
};

const ALL = {
  ...SOUND,
  second,
  morph: number(0, 0, 1),
  texture: number(1, 0, 1),
  own: text(400, "a vector that this page has written", isVector),
  velocity: whole(100, 1, 127),
  curve: number(0, -1, 1),
  octave: whole(0, -2, 2),
  phrase: text(20_000, "a phrase that this page has written"),
};

/** Settings in which a note of one key and velocity is another. */
export const TIMBRE = [...Object.keys(SOUND), "second", "morph", "texture", "own"];

const refusal = (name, value, { may }) => `${name}: ${JSON.stringify(value).slice(0, 60)} is not ${may}`;

/** Settings of a link's text, and a line for each value that is none. */
function parse(link, known) {
  const settings = {};
  const refused = [];
  for (const [name, value] of new URLSearchParams(link)) {
    const read = Object.hasOwn(known, name) ? known[name].read(value) : undefined;
    if (read !== undefined) settings[name] = read;
    else if (Object.hasOwn(known, name)) refused.push(`${refusal(name, value, known[name])}; the default is used`);
    else refused.push(`${name.slice(0, 40)}: there is no such setting; it is left out`);
  }
  return { settings, refused };
}

/** Settings as a link's text; those that are as at first are left out, but for those in `always`. */
function format(settings, known, always = []) {
  const told = Object.keys(known).filter((name) => name in settings);
  const changed = told.filter((name) => always.includes(name) || settings[name] !== known[name].first);
  return new URLSearchParams(changed.map((name) => [name, settings[name]])).toString();
}

/** What every setting is at first. */
export const defaults = () => Object.fromEntries(Object.entries(ALL).map(([name, { first }]) => [name, first]));

/** Settings of a link's fragment, with or without its `#`: `{ settings, refused }`, the latter lines for a reader. */
export const fromLink = (fragment) => parse(fragment.replace(/^#/, ""), ALL);

/** The fragment, without `#`, that leads back to these settings. */
export const toLink = (settings) => format(settings, ALL);

/** The other sound of `second`, whole. */
export const readSound = (link) => {
  const first = Object.fromEntries(Object.entries(SOUND).map(([name, one]) => [name, one.first]));
  return { ...first, ...parse(link, SOUND).settings };
};

/** A sound of settings, in the words of `second`. */
export const writeSound = (settings) => format(settings, SOUND, ["family"]);

const settingOf = (name) => (Object.hasOwn(ALL, name) ? ALL[name] : undefined);
const refuse = (name, value) =>
  settingOf(name) ? refusal(name, value, settingOf(name)) : `${String(name)}: there is no such setting`;

/**
 * Settings that are read and written as properties. A wrong value throws an `Error` of one line and changes nothing;
 * `onChange(settings, name)` hears of every value that is another.
 */
export function observe(given, onChange) {
  const values = defaults();
  const settings = new Proxy(values, {
    set(_, name, value) {
      const read = settingOf(name)?.read(value);
      if (read === undefined) throw new Error(refuse(name, value));
      if (values[name] !== read) {
        values[name] = read;
        onChange(settings, name);
      }
      return true;
    },
    deleteProperty: () => false,
  });
  for (const [name, value] of Object.entries(given)) {
    const read = settingOf(name)?.read(value);
    if (read === undefined) throw new Error(refuse(name, value));
    values[name] = read;
  }
  return settings;
}

/** A played velocity as it sounds, 1-127: 127 (in / 127)^(2^-curve), so that a curve above 0 makes it louder. */
export const curved = (velocity, curve) => Math.max(1, Math.round(127 * (velocity / 127) ** (2 ** -curve)));
