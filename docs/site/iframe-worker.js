// A browser starts no worker for a page that was opened from the disk. There the search's script runs in a hidden frame,
// which looks like a worker to the page: it gets messages, answers with messages, and loads scripts.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      this.inside = frame.contentWindow;
      addEventListener("message", (event) => {
        if (event.source === this.inside) this.answer(event.data);
      });
      this.inside.document.open();
      this.inside.document.write(
        `<body><script>
          postMessage = (data) => parent.postMessage(data, "*");
          importScripts = (...addresses) => addresses.reduce((before, address) => before.then(() => new Promise((loaded) => {
            document.body.append(Object.assign(document.createElement("script"), { src: address, onload: loaded }));
          })), Promise.resolve());
        <\/script><script src="${address}"><\/script></body>`
      );
      this.inside.document.close();
      this.ready = new Promise((loaded) => this.inside.addEventListener("load", loaded));
    }

    answer(data) {
      const message = new MessageEvent("message", { data });
      this.dispatchEvent(message);
      this.onmessage?.(message);
    }

    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data: structuredClone(data) })));
    }

    terminate() {
      this.inside.frameElement.remove();
    }
  };
}
