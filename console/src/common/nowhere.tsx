import { PageHead } from './parts.tsx';
import { Empty } from './states.tsx';

/** Nothing is at the address. */
export function Nowhere() {
  return (
    <div class="page">
      <PageHead title="There is no such page" />
      <Empty title="Nothing is at this address.">Go on with one of the links, for example Fleet.</Empty>
    </div>
  );
}
