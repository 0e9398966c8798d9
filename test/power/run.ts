/** `npm run test:power`: ten thousand cuts (or as many as the first argument says), from the seed in the second. */
import { nodeEngine } from "../../bench/engines/node";
import { bundle } from "../../build/bundle";
import { tellStories } from "./story";

async function main([cuts = "10000", seed = "1"]: string[]): Promise<void> {
  const figures = await tellStories(Number(seed), Number(cuts), await bundle("esp32"), nodeEngine);
  console.log(JSON.stringify(figures, null, 2));
  const { eeprom, program, erase } = figures.cuts;
  console.log(`${eeprom + program + erase} cuts survived`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
