/** `npm run test:power`: ten thousand cuts (or as many as the first argument says), from the seed in the second. */
import { Command } from "commander";
import { nodeEngine } from "../../bench/engines/node";
import { bundle } from "../../build/bundle";
import { prepare } from "../../build/tool";
import { tellStories } from "./story";

async function main(argv: string[]): Promise<void> {
  const [cuts = "10000", seed = "1"] = prepare(new Command("npm run test:power --"))
    .description("Cuts the power at random bytes of both memories, and sees that nothing is lost and nothing won.")
    .argument("[cuts]", "how many, 10000 if left out")
    .argument("[seed]", "a number: the same cuts every time")
    .parse(argv, { from: "user" }).args;
  const figures = await tellStories(Number(seed), Number(cuts), await bundle("esp32"), nodeEngine);
  console.log(JSON.stringify(figures, null, 2));
  const { eeprom, program, erase } = figures.cuts;
  console.log(`${eeprom + program + erase} cuts survived`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
