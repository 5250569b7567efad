import { TestEnvironment } from "jest-environment-node";

/** Outermost describe blocks in which a test has failed. */
const outermost = (block) => (block.parent?.parent ? outermost(block.parent) : block);

/**
 * The tests of a case are steps, each beginning where the one before it ended: after one that fails the rest of its
 * outermost describe block is not run.
 */
export default class StepsEnvironment extends TestEnvironment {
  #failed = new Set();

  handleTestEvent({ name, test }) {
    if (name !== "test_start" && name !== "test_done") return;
    const block = outermost(test.parent);
    // Tests that are in no block are no steps.
    if (!block.parent) return;
    if (name === "test_done" && test.errors.length > 0) this.#failed.add(block);
    if (name === "test_start" && this.#failed.has(block)) test.mode = "skip";
  }
}
