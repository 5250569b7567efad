import { TestEnvironment } from "jest-environment-node";

/** The outermost describe block of a block. */
const outermost = (block) => (block.parent?.parent ? outermost(block.parent) : block);

/**
 * The tests of a case are steps, and each begins where the one before it ended. After a failed test, the rest of its
 * outermost describe block does not run.
 */
export default class StepsEnvironment extends TestEnvironment {
  #failed = new Set();

  handleTestEvent({ name, test }) {
    if (name !== "test_start" && name !== "test_done") return;
    const block = outermost(test.parent);
    // Tests outside of a block are no steps.
    if (!block.parent) return;
    if (name === "test_done" && test.errors.length > 0) this.#failed.add(block);
    if (name === "test_start" && this.#failed.has(block)) test.mode = "skip";
  }
}
