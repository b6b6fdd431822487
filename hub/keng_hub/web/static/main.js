/* Those who listen come first, the one who connects comes last: an event between the two would be lost. */
import "./press.js";
import "./parts.js";
import "./ages.js";
import "./sound.js";
import "./lock.js";
import { connect } from "./live.js";

connect();
document.querySelector(".places [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
