import { type BinCell, seesBook } from "@shared/model";
import { formatCount } from "@shared/time";
import { useTranslation } from "react-i18next";
import { word } from "../../app/words";
import { Facts } from "../../parts/layout";
import { Code, Money, Unseen } from "../../parts/values";

export function BinFacts({ bin, currency }: { bin: BinCell | null; currency: string }) {
  const { t } = useTranslation();
  if (!bin) return <p className="quiet">{t("map.pointAt")}</p>;
  return (
    <div aria-live="polite">
      <Facts
        rows={[
          [t("map.bin"), <Code key="b">{bin.bin}</Code>],
          [t("map.state"), word("binState", bin.state)],
          [t("map.counted"), `${formatCount(bin.counted)} / ${formatCount(bin.lines)}`],
          [t("map.variances"), !seesBook(bin) ? <Unseen key="v" /> : formatCount(bin.variance_lines)],
          [t("value.gain"), <Money key="g" value={bin.gain} currency={currency} signed />],
          [t("value.loss"), <Money key="l" value={bin.loss} currency={currency} signed />],
        ]}
      />
    </div>
  );
}
