import { suite } from "./suite";

suite("node");
