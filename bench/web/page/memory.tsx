/** The bytes that survive a power cut: what each record is, what is new in it, and how worn its cells are. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { State } from "../../board";
import type { Made } from "../frame";
import { type Kind, read, SLOT, type Slot, slots } from "../layout";
import { bytes, count } from "../words";
import { look } from "./store";
import { Choice, useFresh } from "./ui";

const unhex = (hex: string) =>
  Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16));

/** Writes of each cell, from pairs of writes and cells. */
function writesOf(pairs: [number, number][], length: number): Float64Array {
  const found = new Float64Array(length);
  let at = 0;
  for (const [writes, cells] of pairs) found.fill(writes, at, (at += cells));
  return found;
}

export function Memory(props: { made: Made; state: State; acts: number; colours: string }) {
  const { made, state, acts, colours } = props;
  const parts = Object.entries(made.parts).filter(([, { driver }]) => driver === "flash" || driver === "at24");
  const [part, setPart] = useState(parts[0]?.[0] ?? "memory");
  const [view, setView] = useState<"kind" | "wear">("kind");
  const [image, setImage] = useState<Uint8Array>();
  const [wear, setWear] = useState<{ cells: [number, number][]; erases?: number[] }>({ cells: [] });
  const [chosen, choose] = useState<number>();
  const writes = (part === "flash" ? state.flash?.writes : state.memory.writes) ?? 0;
  /** The bytes as they were when somebody did something last. */
  const before = useRef<{ part: string; acts: number; image?: Uint8Array }>({ part: "", acts: -1 });
  const latest = useRef<Uint8Array>(undefined);

  useFresh(`${part} ${writes}`, 350, async () => {
    const found = await look<{ dump: { hex: string } }>(`dump ${part}`, "dump");
    const worn = await look<{ wear: { cells: [number, number][]; erases?: number[] } }>(`wear ${part}`, "wear");
    if (!found || !worn) return;
    const now = unhex(found.dump.hex);
    if (before.current.part !== part) before.current = { part, acts, image: now };
    latest.current = now;
    setImage(now);
    setWear(worn.wear);
  });
  useEffect(() => {
    if (before.current.acts !== acts && latest.current) before.current = { part, acts, image: latest.current };
  }, [acts, part]);

  const all = useMemo(() => (image ? slots(made, part, image) : []), [image, made, part]);
  const old = before.current.part === part ? before.current.image : undefined;
  const changed = useMemo(() => {
    const slots = new Set<number>();
    if (image && old && old.length === image.length)
      for (let i = 0; i < image.length; i++) if (image[i] !== old[i]) slots.add(Math.floor(i / SLOT));
    return slots;
  }, [image, old]);
  const cells = useMemo(() => writesOf(wear.cells, all.length * SLOT), [wear, all.length]);
  const worn = useMemo(() => all.map(({ at }) => Math.max(...cells.subarray(at, at + SLOT))), [cells, all]);
  const most = Math.max(1, ...worn);
  const newest = all.filter((slot) => slot.newest).sort((a, b) => b.number! - a.number!)[0];
  const at = chosen ?? (newest ? newest.at / SLOT : 0);
  const slot = all[Math.min(at, all.length - 1)];
  const options = parts.map(([name, { driver }]) => ({
    value: name,
    text: name === "flash" ? "Controller's flash" : driver === "at24" ? "EEPROM" : "Flash pages",
  }));
  const erases = wear.erases?.reduce((a, b) => a + b, 0);
  const used = all.filter(({ kind }) => kind !== "blank").length;

  return (
    <>
      <div class="row">
        <Choice
          label="which memory"
          options={options}
          value={part}
          onChange={(name) => {
            setPart(name);
            setImage(undefined);
            choose(undefined);
          }}
        />
        <Choice
          label="what the map shows"
          options={[
            { value: "kind", text: "Records" },
            { value: "wear", text: "Writes" },
          ]}
          value={view}
          onChange={setView}
        />
        <span class="soft">
          {bytes(all.length * SLOT)}, {used} of {all.length} records of 64 bytes in use · {count(writes)} bytes written
          {erases === undefined
            ? `, a cell at most ${count(most)} ${most === 1 ? "time" : "times"}`
            : `, ${count(erases)} page ${erases === 1 ? "erase" : "erases"}`}
        </span>
      </div>
      <Records
        all={all}
        worn={worn}
        most={most}
        view={view}
        changed={changed}
        at={at}
        choose={choose}
        colours={colours}
      />
      {view === "kind" ? (
        <Legend kinds={[...new Set(all.map(({ kind }) => kind))]} changed={changed.size > 0} />
      ) : (
        <p class="legend soft">
          <span class="scale" aria-hidden="true" /> 0 to {most} writes of a cell
        </p>
      )}
      {slot && image && (
        <Record
          slot={slot}
          bytes={image.subarray(slot.at, slot.at + SLOT)}
          old={old?.subarray(slot.at, slot.at + SLOT)}
          writes={cells.subarray(slot.at, slot.at + SLOT)}
          most={view === "wear" ? most : 0}
        />
      )}
    </>
  );
}

const NAMES: { [kind in Kind]: string } = {
  unit: "unit and key",
  paid: "what is paid",
  time: "time and tallies",
  server: "server",
  access: "access to the network",
  product: "the product's own",
  rows: "measurements",
  table: "table of codes",
  torn: "torn, or unknown",
  blank: "erased",
};

function Legend({ kinds, changed }: { kinds: Kind[]; changed: boolean }) {
  return (
    <p class="legend soft">
      {kinds.map((kind) => (
        <span key={kind}>
          <i class={`kind ${kind}`} /> {NAMES[kind]}
        </span>
      ))}
      <span>
        <i class="kind newest" /> newest
      </span>
      {changed && (
        <span>
          <i class="kind changed" /> changed since the last action
        </span>
      )}
    </p>
  );
}

/** One square a record; a canvas, since there may be a thousand. Arrow keys go from one to the next. */
function Records(props: {
  all: Slot[];
  worn: number[];
  most: number;
  view: string;
  changed: Set<number>;
  at: number;
  choose: (at: number) => void;
  colours: string;
}) {
  const { all, worn, most, view, changed, at, choose, colours } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(600);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(canvas.current!.parentElement!);
    return () => observer.disconnect();
  }, []);
  const columns = width < 420 ? 32 : 64;
  const cell = Math.max(5, Math.floor(width / columns));
  const height = Math.max(1, Math.ceil(all.length / columns)) * cell;
  useEffect(() => {
    const element = canvas.current!;
    const scale = devicePixelRatio || 1;
    element.width = columns * cell * scale;
    element.height = height * scale;
    const draw = element.getContext("2d")!;
    draw.scale(scale, scale);
    const style = getComputedStyle(element);
    const ink = (name: string) => style.getPropertyValue(name).trim();
    all.forEach((slot, i) => {
      const [x, y] = [(i % columns) * cell, Math.floor(i / columns) * cell];
      const size = cell - 1.5;
      draw.fillStyle = view === "wear" ? ink("--hot") : ink(`--kind-${slot.kind}`);
      draw.globalAlpha = view === "wear" ? heat(worn[i], most) : 1;
      draw.fillRect(x, y, size, size);
      draw.globalAlpha = 1;
      if (slot.newest) {
        draw.fillStyle = ink("--ink");
        draw.beginPath();
        draw.arc(x + size / 2, y + size / 2, Math.max(1.3, size / 5), 0, 7);
        draw.fill();
      }
      if (changed.has(i) || i === at) {
        draw.strokeStyle = ink(i === at ? "--ink" : "--focus");
        draw.lineWidth = i === at ? 1.6 : 1.4;
        draw.strokeRect(x - 0.2, y - 0.2, size + 0.4, size + 0.4);
      }
    });
  }, [all, worn, most, view, changed, at, columns, cell, height, colours]);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (!step) return;
    event.preventDefault();
    choose(Math.min(all.length - 1, Math.max(0, at + step)));
  };
  return (
    <div class="map">
      <canvas
        ref={canvas}
        style={{ width: `${columns * cell}px`, height: `${height}px` }}
        tabIndex={0}
        role="slider"
        aria-label="record"
        aria-valuemin={0}
        aria-valuemax={Math.max(0, all.length - 1)}
        aria-valuenow={at}
        aria-valuetext={all[at]?.title ?? ""}
        onKeyDown={move}
        onClick={(event) => {
          const i = Math.floor(event.offsetY / cell) * columns + Math.floor(event.offsetX / cell);
          if (i < all.length) choose(i);
        }}
      />
    </div>
  );
}

/** How hot a cell is, 0 to 1, by its writes and the most of any: the first writes show, and the last ones still do. */
const heat = (writes: number, most: number) => (writes ? 0.12 + (0.88 * Math.log1p(writes)) / Math.log1p(most) : 0.04);

/** A record byte by byte, with the names of its fields; if `most` is not 0, how hot each cell is in place of what is new. */
function Record(props: { slot: Slot; bytes: Uint8Array; old?: Uint8Array; writes: Float64Array; most: number }) {
  const { slot, bytes, old, writes, most } = props;
  const worn = Math.max(...writes);
  const [over, setOver] = useState<number>();
  const fieldOf = (at: number) => slot.fields.findIndex((field) => at >= field.at && at < field.at + field.length);
  return (
    <section class="record" aria-label="record">
      <h3>
        {slot.title}
        {slot.newest ? ", the newest of its kind" : ""}{" "}
        <span class="soft">
          at {slot.at.toString(16).padStart(4, "0")}h · written {count(worn)}×
        </span>
      </h3>
      <div class="hex" aria-hidden="true">
        {Array.from({ length: 4 }, (_, row) => (
          <div key={row}>
            <span class="address">{(slot.at + row * 16).toString(16).padStart(4, "0")}</span>
            {[...bytes.subarray(row * 16, row * 16 + 16)].map((byte, i) => {
              const at = row * 16 + i;
              const field = fieldOf(at);
              const secret = slot.fields[field]?.kind === "secret";
              const fresh = !most && old && old[at] !== byte;
              return (
                <span
                  key={i}
                  style={most ? { "--heat": heat(writes[at], most) } : undefined}
                  class={`${most ? "worn" : ""} ${field < 0 ? "rest" : `tone${field % 4}`} ${field === over ? "over" : ""} ${fresh ? "fresh" : ""}`}
                  onMouseEnter={() => setOver(field)}
                  onMouseLeave={() => setOver(undefined)}
                >
                  {secret ? "··" : byte.toString(16).padStart(2, "0")}
                </span>
              );
            })}
          </div>
        ))}
      </div>
      <dl class="fields">
        {slot.fields.map((field, i) => (
          <div
            key={i}
            class={i === over ? "over" : ""}
            onMouseEnter={() => setOver(i)}
            onMouseLeave={() => setOver(undefined)}
          >
            <dt class={`tone${i % 4}`}>{field.name}</dt>
            <dd>
              {most
                ? `${count(Math.max(...writes.subarray(field.at, field.at + field.length)))} writes`
                : read(field, bytes)}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
