import { useEffect, useState } from 'preact/hooks';

/** Which service this console shows: nobody should take one stage for another. */
export function Place() {
  const [name, setName] = useState('');
  useEffect(() => {
    fetch('/console/place').then(
      async (response) => {
        if (response.ok) setName(await response.text());
      },
      () => {},
    );
  }, []);
  return <span class="place">{name}</span>;
}
