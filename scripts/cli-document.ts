import type { Command } from 'commander';
import { commandsOf } from '../cli/main.ts';

const INTRODUCTION = `# The command

\`npx vapi-sync\` in a checkout, or from the package. This page is made of the commands' own help (\`npm run generate:docs\`).

## A directory in Git

\`\`\`
fleet/
  orgs/globex.yaml         one file for each organisation: its assistants, and its \`variables\` for templates
  templates/clinic.yaml    a template, or clinic.md: its front matter, and the system prompt as the text
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

What stands below \`inbound\` and \`outbound\` is what \`PUT\` takes: a configuration, or a binding (\`template: clinic\`). \`\${env:NAME}\` is a value of the environment, as secrets do not belong into
Git. \`export\` begins such a directory with what is there; \`plan\` compares, \`apply\` does exactly what \`plan\` shows, each step only on the
revision that was planned. A mistake anywhere is named with file and line, and nothing is applied. Ctrl-C ends what is under way
and says how far it came; the same command goes on.

\`--prune\` removes what no file asks for: assistants of the platform's account, and of the organisations that have a file. Those of an
organisation with an account of its own, and without a file, no list shows.

\`apply\` makes templates and values first. Assistants that stand on what the same plan changes are shown without their fields. What an
assistant was bound with the service does not show: \`export\` writes its configuration as it is. Such a configuration alone takes no
binding away; a binding in a file is made also where nothing else changes.

In a pipeline: [.github/workflows](../examples/github-actions.yml) plans on a pull request and applies on main.
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
