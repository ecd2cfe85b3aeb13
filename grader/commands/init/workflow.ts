/** The workflow that grades every push, as `grade init --github` writes it. @param version of the action, such as 0.1.0 */
export function workflow(version: string): string {
  return `# Grades what a push changes, and shows the result as a check on the commit.
name: grade

on:
  push:
  pull_request:

permissions:
  contents: read
  checks: write

concurrency:
  group: grade-\${{ github.ref }}
  cancel-in-progress: true

jobs:
  grade:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: backend-course/grade@v${version}
        # with:
        #   rubric: day-13      # default: the days whose folders the push changes
        #   fail-below: 80      # percent; default: the rubric's pass mark
`;
}
