/** Commands that all the families have: V.250, 3GPP TS 27.007 and 27.005. */
import { type Query, Refusal } from "./at";
import { pdu } from "./pdu";
import type { Act, Commands } from "./shell";
import type { Message, Traits, Unit } from "./unit";

/** A command that sets a number and tells it; it changes nothing that the model has. */
export function numbers(...ranges: [low: number, high: number, now: number][]): Commands[string] {
  const values = ranges.map(([, , now]) => now);
  return {
    write(query) {
      query.count(1, ranges.length);
      ranges.forEach(([low, high, now], i) => {
        values[i] = query.number(i, low, high, now);
      });
    },
  };
}

/** A command that sets a setting of the module and tells it. */
export function setting(unit: Unit, name: string, label: string, low: number, high: number): Commands[string] {
  return {
    test: `${label}: (${low}-${high})`,
    read: () => unit.info(`${label}: ${unit.settings[name]}`),
    write(query) {
      query.count(1);
      unit.set(name, query.number(0, low, high));
    },
  };
}

/** A command that is taken as it is and does nothing in the model. */
export const taken: Commands[string] = { write: () => {}, run: () => {} };

export function common(unit: Unit, traits: Traits): Commands {
  const basic = (name: string, high: number): Commands[string] => ({
    run: () => unit.set(name, 0),
    write: (query) => unit.set(name, query.number(0, 0, high)),
  });
  const registration = (name: "CREG" | "CGREG" | "CEREG"): Commands[string] => ({
    test: `+${name}: (0-2)`,
    read() {
      const n = unit.settings[name];
      const { stat } = unit;
      unit.info(`+${name}: ${n},${stat}${n === 2 && unit.registered ? unit.place : ""}`);
    },
    write(query) {
      query.count(1);
      unit.set(name, query.number(0, 0, 2));
    },
  });
  const commands: Commands = {
    E: basic("E", 1),
    V: basic("V", 1),
    Q: { run: () => {}, write: (query) => void query.number(0, 0, 0) },
    Z: { run: () => unit.load("saved"), write: () => unit.load("saved") },
    "&F": { run: () => unit.load("factory"), write: () => unit.load("factory") },
    "&W": { run: () => unit.save(), write: () => unit.save() },
    "&D": taken,
    "&C": taken,
    I: { run: () => unit.info(`${traits.manufacturer}\r\n${traits.model}\r\nRevision: ${traits.revision}`) },
    "+CGMI": { run: () => unit.info(traits.manufacturer) },
    "+CGMM": { run: () => unit.info(traits.model) },
    "+CGMR": { run: () => unit.info(traits.revision) },
    "+CGSN": { run: () => unit.info("860000000000017") },
    "+GSN": { run: () => unit.info("860000000000017") },
    "+CIMI": {
      run() {
        unit.needSim();
        unit.info("639020000000017");
      },
    },
    "+CSCS": {
      test: '+CSCS: ("IRA","GSM","UCS2")',
      read: () => unit.info('+CSCS: "IRA"'),
      write: (query) => void query.one(0, "IRA", "GSM"),
    },
    "+CMEE": setting(unit, "CMEE", "+CMEE", 0, 2),
    "+CFUN": {
      test: "+CFUN: (0,1,4),(0,1)",
      read: () => unit.info(`+CFUN: ${unit.functionLevel}`),
      write(query) {
        query.count(1, 2);
        const level = query.number(0, 0, 4);
        if (![0, 1, 4].includes(level)) throw new Refusal(50, "CME", true);
        const again = query.number(1, 0, 1, 0);
        return unit.later(again ? 100 : 1000, () => {
          // What is taken away is told before the OK, what is given back after it.
          if (!again && level !== 1) unit.setFunction(level);
          unit.ok();
          if (again) unit.after(500, () => unit.restart());
          else if (level === 1) unit.setFunction(level);
        });
      },
    },
    "+CPIN": {
      read() {
        const state = unit.pinState();
        if (typeof state === "number") throw new Refusal(state);
        unit.info(`+CPIN: ${state}`);
      },
      write(query) {
        const more = query.count(1, 2) === 2;
        unit.after(500, () => {
          try {
            unit.enterPin(query.word(0, 8), more ? query.word(1, 8) : undefined);
            unit.ok();
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            unit.refuse(error.code, error.kind);
          }
        });
        return "later";
      },
    },
    "+CSQ": {
      test: "+CSQ: (0-31,99),(0-7,99)",
      run() {
        const { antenna, signal } = unit.air;
        const heard = antenna && unit.functionLevel === 1;
        unit.info(`+CSQ: ${heard ? `${signal},${traits.errorRate}` : traits.noSignal}`);
      },
    },
    "+COPS": {
      read: () => unit.info(unit.registered ? '+COPS: 0,0,"Safaricom"' : "+COPS: 0"),
      write(query) {
        query.count(1, 4);
        if (query.number(0, 0, 4) !== 0) throw new Refusal(4);
      },
    },
    "+CGATT": {
      test: "+CGATT: (0,1)",
      read: () => unit.info(`+CGATT: ${Number(unit.attached)}`),
      write(query) {
        query.count(1);
        const wanted = query.number(0, 0, 1) === 1;
        unit.needSim();
        unit.after(2 * traits.trip, () => {
          if (wanted && !unit.registered) return unit.after(10000, () => unit.refuse(30));
          if (!wanted) unit.loseData();
          unit.attached = wanted;
          return unit.ok();
        });
        return "later";
      },
    },
    "+CGDCONT": {
      test: '+CGDCONT: (1-16),"IP",,,(0-2),(0-4)',
      read: () => unit.info(`+CGDCONT: 1,"IP","${unit.apn}","0.0.0.0",0,0`),
      write(query) {
        query.count(2, 8);
        const context = query.number(0, 1, 16);
        query.one(1, "IP", "IPV6", "IPV4V6", "PPP");
        const apn = query.string(2, 64, "");
        if (context === 1) unit.apn = apn;
      },
    },
    "+CGPADDR": {
      run: () => unit.info(`+CGPADDR: 1,"${unit.bearer ? "10.45.0.2" : "0.0.0.0"}"`),
      write: () => unit.info(`+CGPADDR: 1,"${unit.bearer ? "10.45.0.2" : "0.0.0.0"}"`),
    },
    "+CCLK": {
      read: () => unit.info(`+CCLK: "${unit.time}"`),
      write(query) {
        query.count(1);
        const parts = /^(\d\d)\/(\d\d)\/(\d\d),(\d\d):(\d\d):(\d\d)([+-]\d\d)?$/.exec(query.string(0));
        if (!parts) throw new Refusal(traits.wrong, "CME", true);
        const [year, month, day, hour, minute, second, zone = 0] = parts.slice(1).map((text = "0") => Number(text));
        unit.setClock(Date.UTC(2000 + year, month - 1, day, hour, minute, second) / 1000, zone);
      },
    },
    "+CBC": { run: () => unit.info("+CBC: 0,80,3950") },
  };
  for (const name of traits.registrations) commands[`+${name}`] = registration(name);
  return { ...commands, ...messages(unit, traits) };
}

/** Short messages, 3GPP TS 27.005. */
function messages(unit: Unit, traits: Traits): Commands {
  const store = () => `"${traits.store}",${unit.messages.length},${traits.room}`;
  const counts = () => `${unit.messages.length},${traits.room}`;
  /** A message in the mode that is set, and it counts as read. */
  const show = (message: Message): [head: string, body: string] => {
    const text = unit.settings.CMGF === 1;
    const coded = pdu(message, unit.air.zone);
    const head = text ? unit.header(message) : `${Number(message.read)},,${coded.length}`;
    message.read = true;
    return [head, text ? message.text : coded.hex];
  };
  const find = (query: Query): Message | undefined => {
    const index = query.number(0, 0, 255);
    return unit.messages.find((message) => message.index === index);
  };
  const list: Act = (query) => {
    unit.needSim("CMS");
    const states =
      unit.settings.CMGF === 1 ? query.one(0, "ALL", "REC UNREAD", "REC READ") : String(query.number(0, 0, 4));
    const wanted = (read: boolean) => /ALL|4/.test(states) || read === /^(REC READ|1)$/.test(states);
    for (const message of unit.messages.filter(({ read }) => wanted(read))) {
      const [head, body] = show(message);
      unit.info(`+CMGL: ${message.index},${head}\r\n${body}`);
    }
  };
  return {
    "+CMGF": setting(unit, "CMGF", "+CMGF", 0, 1),
    "+CSDH": numbers([0, 1, 0]),
    "+CSMP": taken,
    "+CNMI": {
      test: "+CNMI: (0-3),(0-3),(0,2),(0,1),(0,1)",
      read: () => unit.info(`+CNMI: 2,${unit.settings.CNMI},0,0,0`),
      write(query) {
        query.count(1, 5);
        query.number(0, 0, 3);
        unit.set("CNMI", query.number(1, 0, 3, unit.settings.CNMI));
        for (const i of [2, 3, 4]) query.number(i, 0, 2, 0);
      },
    },
    "+CPMS": {
      read: () => unit.info(`+CPMS: ${store()},${store()},${store()}`),
      write(query) {
        unit.needSim("CMS");
        for (let i = 0; i < query.count(1, 3); i++) query.one(i, "SM", "ME", "MT");
        unit.info(`+CPMS: ${counts()},${counts()},${counts()}`);
      },
    },
    "+CMGR": {
      write(query) {
        query.count(1, 2);
        unit.needSim("CMS");
        const message = find(query);
        if (!message) throw new Refusal(321, "CMS");
        const [head, body] = show(message);
        unit.info(`+CMGR: ${head}\r\n${body}`);
      },
    },
    "+CMGL": { write: list },
    "+CMGD": {
      write(query) {
        const all = query.count(1, 2) === 2 ? query.number(1, 0, 4) : 0;
        unit.needSim("CMS");
        const gone = find(query);
        unit.remove((message) => (all === 0 ? message === gone : all === 4 || message.read));
      },
    },
  };
}
