import { walk } from "./ipvs-lab";
import { natively } from "./native";

// A plain preview looks at what is there, and says what it will do about it.
walk(natively("examples/ipvs-lab", "Pulumi.yaml"), async (stack, { deleted, updated }) => {
  const { text } = await stack.preview();
  if (deleted) expect(text).toContain(`${deleted} to create`);
  if (updated) expect(text).toContain(`${updated} to update`);
});
