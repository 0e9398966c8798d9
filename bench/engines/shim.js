/* The controller's peripherals as Espruino has them, in the interpreter's own subset of JavaScript: this file runs in
 * front of the bundle on every engine. It only hands each call to the bench, through $call(operation, ...), which the
 * engine defines. Callbacks stay here, by number; entries are as large as the real ones in the interpreter. */
var $id = 0;
var $callbacks = {};
function $keep(fn, options) {
  $callbacks[++$id] = { fn: fn, options: options, at: 0.5, late: 0.5 };
  return $id;
}
function $uncaught(error) {
  $call("uncaught", "" + error + (error && error.stack ? "\n" + error.stack : ""));
  if ($callbacks.uncaughtException) $callbacks.uncaughtException.fn(error);
}
/* An event from the bench: the callback's number, its argument, and whether this was the last time. */
function $event(id, data, last) {
  var entry = $callbacks[id];
  if (last) delete $callbacks[id];
  try {
    if (entry) entry.fn(data);
  } catch (error) {
    $uncaught(error);
  }
}
function setTimeout(fn, ms) {
  var id = $keep(fn, ms);
  $call("timer", id, ms, 0);
  return id;
}
function setInterval(fn, ms) {
  var id = $keep(fn, ms);
  $call("timer", id, ms, 1);
  return id;
}
function clearTimeout(id) {
  if (id === undefined) throw new Error("clearTimeout(undefined) not allowed. Use clearTimeout() instead");
  delete $callbacks[id];
  $call("untimer", id);
}
var clearInterval = clearTimeout;
function setWatch(fn, pin, options) {
  var id = $keep(fn, { pin: pin, repeat: options.repeat, edge: options.edge, debounce: 0.5 });
  $call("watch", id, pin, options);
  return id;
}
function clearWatch(id) {
  delete $callbacks[id];
  $call("unwatch", id);
}
function getTime() {
  return $call("time");
}
function getSerial() {
  return $call("chip");
}
function digitalWrite(pin, value) {
  $call("write", pin, +value);
}
function digitalRead(pin) {
  return $call("read", pin);
}
function pinMode(pin, mode) {
  $call("mode", pin, mode);
}
function analogWrite(pin, value, options) {
  $call("pwm", pin, value, options.freq);
}
function analogRead(pin) {
  return $call("analog", pin);
}
function I2C(name) {
  this.name = name;
}
/* Espruino refuses what it does not know. */
function $only(options, names) {
  for (var name in options) if (names.indexOf(name) < 0) throw new Error('Unknown option "' + name + '"');
}
I2C.prototype.setup = function (options) {
  $only(options, ["scl", "sda", "bitrate"]);
  $call("i2c", this.name, options.bitrate);
};
I2C.prototype.writeTo = function (address, data) {
  if (!$call("i2cWrite", this.name, address, data)) throw new Error("I2C Write Error: No ACK");
};
I2C.prototype.readFrom = function (address, count) {
  var data = $call("i2cRead", this.name, address, count);
  if (!data) throw new Error("I2C Read Error: No ACK");
  return new Uint8Array(data);
};
function Serial(name) {
  this.name = name;
}
Serial.prototype.setup = function (baud, options) {
  $only(options, ["rx", "tx", "ck", "cts", "bytesize", "stopbits", "parity", "flow", "path", "errors"]);
  /* A software port has no name of its own. */
  if (!this.name) this.name = options.rx;
  $call("uart", this.name, baud);
};
Serial.prototype.on = function (event, fn) {
  this.ear = $keep(fn);
  $call("listen", this.ear, this.name);
};
Serial.prototype.removeAllListeners = function () {
  delete $callbacks[this.ear];
  $call("listen", 0, this.name);
};
Serial.prototype.unsetup = function () {
  $call("uart", this.name, 0);
};
Serial.prototype.write = function (text) {
  $call("send", this.name, text);
};
function $on(event, fn) {
  $callbacks[event] = { fn: fn };
}
process.on = $on;
E.on = $on;
E.reboot = () => {
  $call("reboot");
};
/* Machine code runs on the bench's own processor, whatever the computer is. It gets the array whose address was asked for last. */
var $array;
E.getAddressOf = (data) => {
  if (data.address) return data.address;
  $array = data;
  return 4;
};
E.nativeCall = (offset, signature, code) => {
  var id = ++$id;
  $call("code", id, offset, btoa(code));
  return (address, number) => {
    var answer = $call("native", id, $array, number);
    $array.set(answer[1]);
    return answer[0];
  };
};
E.enableWatchdog = (seconds) => {
  $call("watchdog", seconds);
};
E.kickWatchdog = () => {
  $call("kick");
};
var $flash = {
  read: (length, address) => new Uint8Array($call("flashRead", address, length)),
  write: (data, address) => {
    $call("flashWrite", address, data);
  },
  erasePage: (address) => {
    $erase(address);
    $call("flashErase", address);
  },
};
/* One exchange over the network; the bench keeps what is sent, as the network's own buffers do. */
var $http = {
  request: (options, fn) => {
    var id = $keep((status) => fn({ statusCode: "" + status, on: on }));
    var ears = [];
    var on = (event, heard) => {
      /* With its end the interpreter forgets all of it. */
      var last = (data) => {
        ears.forEach((one) => {
          delete $callbacks[one];
        });
        heard(data);
      };
      var ear = $keep(event === "close" || event === "error" ? last : heard);
      ears.push(ear);
      $call("httpOn", id, event, ear);
    };
    $call("http", id, options);
    return {
      on: on,
      write: (data) => {
        $call("httpWrite", id, data);
      },
      end: () => {
        $call("httpEnd", id);
      },
    };
  },
};
var $wifi = {
  connect: (ssid, options, fn) => {
    $call("wifi", $keep(fn), ssid, options.password);
  },
  disconnect: () => {
    $call("wifi", 0);
  },
};
/* Of Storage only what reserves a file and finds it: the file is a place in the controller's flash. */
var $storage = {
  read: (name) => $call("fileFind", name) || undefined,
  write: (name, data, offset, size) => {
    if (!$call("fileReserve", name, size)) throw new Error("Unable to find or create file");
  },
};
global.require = (name) => ({ Flash: $flash, http: $http, Storage: $storage, Wifi: $wifi })[name];
var I2C1 = new I2C("I2C1");
var I2C2 = new I2C("I2C2");
var Serial1 = new Serial("Serial1");
var Serial2 = new Serial("Serial2");
var Serial3 = new Serial("Serial3");
