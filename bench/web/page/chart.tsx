/** Measurements over time: all, or the last days. Drag to zoom in, double-click to see all of it again. */
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, day } from "../words";

export interface Curve {
  label: string;
  unit: string;
  values: (number | null)[];
}

const sync = uPlot.sync("reports");
const ink = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
/** One colour a curve, from the page's own. */
const colour = (i: number) => ink(i ? "--second" : "--first");

export function Chart(props: { times: number[]; curves: Curve[]; title: string; colours: string; days: number }) {
  const { times, curves, title, colours, days } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [seen, see] = useState("");
  const shape = [colours, title, ...curves.map(({ label }) => label)].join();
  const unit = curves[0]?.unit ?? "";
  useEffect(() => {
    const element = box.current!;
    const axis = {
      stroke: ink("--soft"),
      grid: { stroke: ink("--line"), width: 1 },
      ticks: { show: false },
      font: "11px system-ui",
    };
    const options: uPlot.Options = {
      width: element.clientWidth,
      height: 128,
      tzDate: (time) => uPlot.tzDate(new Date(time * 1000), "UTC"),
      cursor: { sync: { key: sync.key }, points: { size: 6 }, drag: { x: true, y: false } },
      legend: { live: true },
      hooks: {
        setScale: [
          ({ scales: { x } }, name) => {
            if (name === "x" && x.min) see(`${day(x.min)}, ${clock(x.min)} to ${day(x.max!)}, ${clock(x.max!)}`);
          },
        ],
      },
      scales: { x: { time: true } },
      axes: [
        {
          ...axis,
          size: 28,
          space: 84,
          values: (_, times) => times.map((time) => (time % 86400 ? clock(time) : day(time))),
        },
        { ...axis, size: 44, values: (_, values) => values.map((value) => `${value}`) },
      ],
      series: [
        { label: "time", value: (_, time) => (time === null ? "–" : `${day(time)}, ${clock(time)}`) },
        ...curves.map(({ label, unit }, i) => ({
          label,
          stroke: colour(i),
          width: 1.6,
          fill: i ? undefined : `${colour(i)}1c`,
          points: { show: false },
          value: (_: uPlot, value: number | null) => (value === null ? "–" : `${value} ${unit}`),
        })),
      ],
    };
    plot.current = new uPlot(options, [[], ...curves.map(() => [])], element);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: 128 }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
    };
  }, [shape]);
  useEffect(() => {
    const { current } = plot;
    if (!current) return;
    const all = current.data[0];
    const { min, max } = current.scales.x;
    const zoomed = all.length > 1 && (min! > all[0] || max! < all[all.length - 1]);
    current.setData([times, ...curves.map(({ values }) => values)], !zoomed);
  }, [times, shape]);
  useEffect(() => {
    const max = times[times.length - 1];
    plot.current?.setScale("x", { min: days ? Math.max(times[0], max - days * 86400) : times[0], max });
  }, [days, shape]);
  return (
    <figure class="chart">
      <figcaption>
        {curves.map(({ label }, i) => (
          <span key={label}>
            <i class={i ? "second" : "first"} />
            {label}
          </span>
        ))}{" "}
        <span class="soft">{unit}</span>
      </figcaption>
      <div ref={box} role="img" aria-label={`${title}, ${times.length} rows, seen: ${seen}`} />
    </figure>
  );
}
