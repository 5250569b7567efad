import { changes, root } from "./engine";
import { walk } from "./ipvs-lab";

walk(root, async (stack, changed) => {
  expect(changes((await stack.refresh()).text)).toMatchObject(changed);
});
