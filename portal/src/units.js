// How numbers and moments are said on charts; as words.py says them.

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB"];

export function said(value, unit) {
  if (value == null) return "–";
  if (unit.startsWith("B")) return size(value) + unit.slice(1);
  const digits = value >= 100 || Number.isInteger(value) ? 0 : unit ? 1 : 2;
  return `${value.toLocaleString("en", { maximumFractionDigits: digits })} ${unit}`.trim();
}

function size(value) {
  let left = value;
  let index = 0;
  while (left >= 1024 && index < SIZES.length - 1) {
    left /= 1024;
    index += 1;
  }
  return `${left.toFixed(left >= 10 || index === 0 ? 0 : 1)} ${SIZES[index]}`;
}

const two = (number) => String(number).padStart(2, "0");
const day = (moment) => `${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
const time = (moment) => `${two(moment.getHours())}:${two(moment.getMinutes())}`;

export function clock(seconds) {
  const moment = new Date(seconds * 1000);
  return `${moment.getFullYear()}-${day(moment)} ${time(moment)}:${two(moment.getSeconds())}`;
}

// The day where it begins, else the hour; seconds where the axis is that fine.
export function axisClock(_plot, splits, _axis, _space, step) {
  return splits.map((seconds) => {
    const moment = new Date(seconds * 1000);
    if (step >= 86400 || (moment.getHours() === 0 && moment.getMinutes() === 0 && moment.getSeconds() === 0)) return day(moment);
    return step < 60 ? `${time(moment)}:${two(moment.getSeconds())}` : time(moment);
  });
}

// Where an axis may have its lines: round numbers, which for bytes are powers of two.
export function steps(unit) {
  const isBytes = unit.startsWith("B");
  const powers = Array.from({ length: isBytes ? 50 : 14 }, (_, n) => (isBytes ? 2 ** n : 10 ** (n - 2)));
  return isBytes ? powers : powers.flatMap((power) => [power, 2 * power, 5 * power]);
}
