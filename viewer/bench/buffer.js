// isomorphic-git expects Node's Buffer to be there.
import { Buffer } from "buffer/";

globalThis.Buffer = Buffer;
