import { Modal } from "antd";
import { useTranslation } from "react-i18next";
import type { Place } from "./Shell";

function Row({ keys, does }: { keys: string[]; does: string }) {
  return (
    <div className="keys-row">
      <span>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</span>
      <span>{does}</span>
    </div>
  );
}

export function HelpDialog({ open, close, places }: { open: boolean; close: () => void; places: Place[] }) {
  const { t } = useTranslation();
  return (
    <Modal open={open} onCancel={close} footer={null} title={t("help.title")} width={560} destroyOnHidden>
      <div className="keys">
        <section>
          <h3>{t("help.everywhere")}</h3>
          <Row keys={["/"]} does={t("help.search")} />
          <Row keys={["?"]} does={t("help.help")} />
          <Row keys={["Esc"]} does={t("help.close")} />
          {places.map((place) => <Row key={place.key} keys={["g", place.key]} does={t("help.go", { place: t(place.name) })} />)}
        </section>
        <section>
          <h3>{t("help.lists")}</h3>
          <Row keys={["j", "↓"]} does={t("help.down")} />
          <Row keys={["k", "↑"]} does={t("help.up")} />
          <Row keys={["Enter"]} does={t("help.open")} />
          <Row keys={["x", "Space"]} does={t("help.choose")} />
          <Row keys={["a"]} does={t("help.approve")} />
          <Row keys={["t"]} does={t("help.transfer")} />
          <Row keys={["r"]} does={t("help.recount")} />
          <Row keys={["b"]} does={t("help.keep")} />
          <Row keys={["n"]} does={t("help.newCount")} />
          <Row keys={["Ctrl", "Enter"]} does={t("help.confirm")} />
        </section>
      </div>
    </Modal>
  );
}
