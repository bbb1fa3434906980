import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest's environment for Node with one difference: the global object of a test file is an ordinary one. The one that
 * Jest makes asks an interceptor and a Proxy for each use of each global, be it `Object` or `undefined`, which is a
 * quarter of the time of all tests.
 */
export default class PlainContext extends TestEnvironment {
  constructor(...options: ConstructorParameters<typeof TestEnvironment>) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(...options);
    } finally {
      vm.createContext = createContext;
    }
  }
}
