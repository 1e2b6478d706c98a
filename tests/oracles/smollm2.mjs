// Records what llama.cpp makes of the embedded teacher's weights: token ids of texts and of rendered conversations, and
// greedy continuations. Run it to record smollm2.json anew:
//
//   npm install node-llama-cpp@3.22.1
//   node smollm2.mjs SmolLM2-135M-Instruct.Q4_1.gguf > smollm2.json
import {createHash} from "node:crypto";
import {readFileSync} from "node:fs";
import {getLlama} from "node-llama-cpp";

const path = process.argv[2];
const llama = await getLlama({gpu: false, build: "never", logLevel: "error"});
const model = await llama.loadModel({modelPath: path});

const plain = [
    "Hello, world!",
    "In 2024, 3.14159 and 1,000,000 were numbers; 007 was not.",
    "tabs\tand  two   or   three spaces\n\n\nand lines\r\n  indented",
    "霜が降りる前の晩に土に水をやります。第12章",
    "Жёлтый цвет, naïve café, Ελληνικά, العربية",
    "🌱👩‍🌾🎉 e\u0301 \u00a0 \u200b",
    "[Question]\nHow do I keep my bike clean?\n[Answer]\n",
    "it's we'll they'VE don't I'm",
    " leading and trailing ",
    "",
];
const system = "You are a helpful AI assistant named SmolLM, trained by Hugging Face";
const turn = (role, text) => `<|im_start|>${role}\n${text}<|im_end|>\n`;
const conversation = (...turns) => (turns[0][0] === "system" ? "" : turn("system", system)) +
    turns.map(([role, text]) => turn(role, text)).join("") + "<|im_start|>assistant\n";
const conversations = [
    [["user", "What is the capital of France?"]],
    [["system", "You answer in one short sentence."], ["user", "Why is the sky blue?"]],
    [["user", "Write one question about bicycles."], ["assistant", "How do I fix a flat tire?"],
        ["user", "Write one question about gardens."]],
    [["user", "Count from 1 to 30, with commas."]],
    [["user", "List the months of the year in order."]],
    [["user", "Explain step by step how to make a cup of tea."]],
    [["user", "  spaces, a\ttab,\n\nlines and 霜 🌱  "]],
];

const file = readFileSync(path);
const out = {
    recorded_with: "node-llama-cpp 3.22.1 (llama.cpp), CPU",
    sha256: createHash("sha256").update(file).digest("hex"),
    texts: plain.map((text) => ({text, ids: [...model.tokenize(text, false)]})),
    conversations: [],
};
for (const turns of conversations) {
    const text = conversation(...turns);
    const ids = [...model.tokenize(text, true)];
    const context = await model.createContext({contextSize: 1024, threads: 2});
    const sequence = context.getSequence();
    const greedy = [];
    for await (const token of sequence.evaluate(ids, {temperature: 0, yieldEogToken: true})) {
        greedy.push(token);
        if (model.isEogToken(token) || greedy.length >= 96) break;
    }
    out.conversations.push({
        messages: turns.map(([role, content]) => ({role, content})), prompt: text, ids, greedy,
        greedy_text: model.detokenize(greedy, true),
    });
    await context.dispose();
}
console.log(JSON.stringify(out, null, 1));
process.exit(0);
