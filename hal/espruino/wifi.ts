/// <reference path="./globals.d.ts" />
/** POSTs over Wi-Fi with Espruino's own `Wifi` and `http` modules (ESP32). The radio is on only while one is open. */
import type { Post, System, Transport } from "../hal";

/** Milliseconds after which what does not answer is given up: the access point, and then the server. */
const PATIENCE = 30000;

/**
 * `ssid` and `password` of the access point; without an `ssid` the network is there already. "off" is told once it is closed.
 */
export function wifi(
  options: { ssid?: string; password?: string },
  system: System,
  tell: (event: string, value: string) => void,
): Transport {
  const net = options.ssid ? global.require("Wifi") : undefined;
  let post: Post | undefined;
  let timer = 0;

  const close = (status: number, reason: string) => {
    const done = post;
    post = undefined;
    if (timer) system.cancel(timer);
    timer = 0;
    if (!done) return;
    if (net) net["disconnect"]();
    done.close(status, reason);
  };
  const wait = (reason: string) => {
    if (timer) system.cancel(timer);
    timer = system.after(() => close(0, reason), PATIENCE);
  };
  const send = (sent: Post) => {
    const scheme = sent.url.split("://");
    const slash = (scheme[1] + "/").indexOf("/");
    const host = scheme[1].substr(0, slash).split(":");
    const headers: { [name: string]: string | number } = { "Content-Type": sent.type, "Content-Length": sent.size };
    let status = 0;
    if (sent.authorization) headers["Authorization"] = sent.authorization;
    wait("NO_ANSWER");
    const request = global.require("http")["request"](
      {
        "protocol": scheme[0] + ":",
        "host": host[0],
        "port": host[1] ? parseInt(host[1], 10) : scheme[0] === "https" ? 443 : 80,
        "path": scheme[1].substr(slash) || "/",
        "method": "POST",
        "headers": headers,
      },
      (response) => {
        status = parseInt(response["statusCode"], 10);
        // A piece of what arrives may be as long as the network's packets.
        response["on"]("data", (data) => {
          for (let i = 0; i < data.length && post === sent; i += 64) sent.write(data.substr(i, 64));
        });
        response["on"]("close", () => {
          if (post === sent) close(status, status ? "" : "NO_ANSWER");
        });
      },
    );
    let ended = false;
    const feed = () => {
      if (ended) return;
      const piece = post === sent ? sent.read() : "";
      ended = !piece;
      if (piece) request["write"](piece);
      else request["end"]();
    };
    const fail = () => {
      ended = true;
      if (post === sent) close(0, "NO_SERVER");
    };
    request["on"]("drain", feed);
    request["on"]("error", fail);
    try {
      feed();
    } catch (_) {
      // The first piece connects, and a refusal may come at once.
      fail();
    }
  };

  return {
    open(asked) {
      if (post) {
        asked.close(0, "BUSY");
        return;
      }
      post = asked;
      if (!net) {
        send(asked);
        return;
      }
      wait("NO_NETWORK");
      net["connect"](options.ssid!, { "password": options.password }, (error) => {
        if (post !== asked) return;
        if (error) close(0, "NO_NETWORK");
        else send(asked);
      });
    },
    close(now) {
      if (now && post) post.close = () => {};
      close(0, "CLOSED");
      if (!now) system.after(() => tell("off", ""), 1);
    },
  };
}
