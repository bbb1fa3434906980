import type { Command } from 'commander';
import { commandsOf } from '../cli/main.ts';

const INTRODUCTION = `# The command

\`npx vapi-sync\` in a checkout, or from the package, which \`npm pack\` makes in a checkout (it is on no registry) and
\`npm install\` takes. The package needs Node 24 or later, and \`--stage\` or \`--url\`: the embedded stack, \`verify --stage\`,
\`import --stage\` and \`managed\` are part of a checkout. With \`--stage\` a command reads the address of the API from the
stack (\`cloudformation:DescribeStacks\`). Behind a proxy (\`HTTPS_PROXY\`) use \`--url\`, with \`NODE_USE_ENV_PROXY=1\` in the
environment.

This page is made of the commands' own help (\`npm run generate:docs\`).

## A directory in Git

\`\`\`
fleet/
  orgs/globex.yaml         one file for each organisation: its assistants, and its \`variables\` for templates
  templates/clinic.yaml    a template; or clinic.md: the template as front matter, its system prompt as the text
  schemas/                 for editors; \`export\` writes them
\`\`\`

\`\`\`yaml
# yaml-language-server: $schema=../schemas/organisation.json
assistants:
  inbound:
    name: Globex front desk
    model: { provider: openai, model: gpt-4o, messages: [{ role: system, content: You answer for Globex. }] }
    voice: { provider: azure, voiceId: emma }
    server: { url: https://hooks.globex.example, headers: { x-key: "\${env:GLOBEX_HOOK_KEY}" } }
\`\`\`

A template as \`templates/clinic.md\`, and an organisation that is bound to it:

\`\`\`text
---
variables:
  clinicName: { type: string, required: true }
assistant:
  name: \${clinicName}
  model: { provider: openai, model: gpt-4o }
---
You answer for \${clinicName}.
\`\`\`

\`\`\`yaml
variables: { clinicName: Clinic North }
assistants:
  inbound: { template: clinic }
\`\`\`

What stands below \`inbound\` and \`outbound\` is what \`PUT\` takes: a configuration, or a binding (\`template: clinic\`). In
all files, also those of \`set\`, \`diff\`, \`template set\`, \`template variables\` and \`rollout start\`:

- \`\${env:NAME}\` is a value of the environment, as secrets do not belong into Git. One that is missing or empty is a
  mistake. \`$\${env:NAME}\` stands for these letters themselves.
- \`\${name}\` in a template is a variable.
- Files are UTF-8. Hidden ones (\`.gitkeep\`) are passed over.
- Of YAML, anchors (\`&\`, \`*\`, \`<<\`) are read. Tags (\`!name\`) and numbers that JSON does not keep are mistakes.
- An organisation without assistants says so with \`assistants: {}\`.

\`export\` begins such a directory with what is there. \`plan\` compares. \`apply\` does exactly what \`plan\` shows: each step
only on the revision that was planned; of the values of an organisation (\`variables\`) the last writer counts. A mistake
in any file is named with file and line, and nothing is applied; templates, and what is bound to them, are checked with
the rest. Ctrl-C ends what is under way and says how far it came; the same command goes on.

\`--prune\` removes what no file asks for: assistants of the platform's account, and of the organisations that have a
file. That includes imported ones that \`export\` left out, as no configuration of them was applied yet. No list shows the
assistants of an organisation with an account of its own, and without a file: these stay.

\`apply\` makes templates and values first. What is bound to them is shown with the fields that differ then, unless the
template names things of a Vapi account (\`$ref\`): these are looked up only when it is applied.

\`export\` writes the configuration of a bound assistant, and says which ones were bound: the values and overrides of a
binding are not shown by the service. Applied unchanged, the binding stays; a change of that configuration takes it
away. To keep the binding, write it in place of the configuration: \`template: clinic\`. A binding in a file is made also
where nothing else changes.

In a pipeline: copy [the workflow of GitHub Actions](../examples/github-actions.yml), which plans on a pull request and applies on main.
`;

/** docs/cli.md: the help of the program and of each command. */
export function cliDocument(program: Command): string {
  const sections = commandsOf(program).map((command) => {
    const name = command === program ? 'Everywhere' : nameOf(command);
    return `## ${name}\n\n\`\`\`\n${helpOf(command)}\n\`\`\`\n`;
  });
  return [INTRODUCTION, ...sections].join('\n');
}

/** With the names of the commands that it belongs to. */
function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

/** As it is printed on a terminal of 100 columns. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    getOutHelpWidth: () => 100,
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text.trimEnd();
}
