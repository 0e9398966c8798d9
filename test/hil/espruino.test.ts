import { suite } from "./suite";

suite("espruino");
