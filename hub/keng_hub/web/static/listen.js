// Reads the words for the loudspeakers aloud, roughly as they will be heard. Hidden where no Vietnamese voice is.
const button = document.getElementById("listen");
const speech = window.speechSynthesis;

const voice = () => speech.getVoices().find((one) => one.lang.toLowerCase().startsWith("vi"));

function show() {
  button.hidden = !voice();
}

function say() {
  speech.cancel();
  const words = new SpeechSynthesisUtterance(document.getElementById("spoken").textContent);
  words.voice = voice();
  words.lang = words.voice.lang;
  speech.speak(words);
}

if (button && speech) {
  button.addEventListener("click", say);
  speech.addEventListener("voiceschanged", show); // browsers learn their voices after the page is there
  show();
}
