"""Which goods the sandbox company stocks: families of items that differ by a size or a kind, in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Items that differ by a size or a kind only. `variants` fill `zh` and `en`; prices are in yuan per base unit."""

    category: str
    prefix: str
    zh: str
    en: str
    variants: tuple[tuple[str, str], ...]
    price: tuple[str, str]
    unit: str = "u"
    lot: bool = False
    grams: bool = False
    packed: bool = True


def _same(*sizes: str) -> tuple[tuple[str, str], ...]:
    return tuple((size, size) for size in sizes)


def _cross(left: str, right: str) -> tuple[tuple[str, str], ...]:
    return _same(*(f"{a}×{b}" for a in left.split() for b in right.split()))


def _words(text: str) -> tuple[tuple[str, str], ...]:
    """`中文=English; …` as pairs."""
    pairs = (entry.split("=") for entry in text.split(";"))
    return tuple((zh.strip(), en.strip()) for zh, en in pairs)


FASTENERS = (
    Family("fastener", "LJ", "外六角螺栓 M{} 8.8级", "Hex bolt M{} grade 8.8",
           _cross("6 8 10 12 16", "20 30 40 50 60 80"),
           ("0.12", "2.80")),
    Family("fastener", "LJ", "内六角螺钉 M{} 12.9级", "Socket screw M{} grade 12.9", _cross("4 5 6 8", "10 16 20 25"),
           ("0.08", "0.95")),
    Family("fastener", "LJ", "六角螺母 M{} 镀锌", "Hex nut M{} zinc", _same("4", "5", "6", "8", "10", "12", "16", "20"),
           ("0.03", "0.60")),
    Family("fastener", "LJ", "平垫圈 M{}", "Flat washer M{}", _same("4", "5", "6", "8", "10", "12", "16", "20"),
           ("0.02", "0.25"), packed=False),
    Family("fastener", "LJ", "弹簧垫圈 M{}", "Spring washer M{}", _same("4", "5", "6", "8", "10", "12", "16", "20"),
           ("0.02", "0.30"), packed=False),
    Family("fastener", "LJ", "自攻螺钉 ST{}", "Self-tapping screw ST{}", _cross("3.5 4.2 4.8", "13 19 25 38"),
           ("0.04", "0.22")),
    Family("fastener", "LJ", "膨胀螺栓 M{}", "Expansion anchor M{}", _cross("8 10 12", "80 100"), ("0.60", "3.20")),
    Family("fastener", "LJ", "抽芯铆钉 {}", "Blind rivet {}", _cross("4", "8 10 12 16"), ("0.03", "0.10")),
)  # fmt: skip

PACKAGING = (
    Family("packaging", "BC", "五层瓦楞纸箱 {} cm", "5-ply carton {} cm",
           _same("20×15×10", "25×20×15", "30×20×20", "35×25×20", "40×30×25", "40×30×30", "50×30×30", "50×40×30",
                 "50×40×40", "60×40×40", "60×50×40", "80×60×50"), ("1.10", "9.80")),
    Family("packaging", "BC", "PE自封袋 {} cm", "PE zip bag {} cm", _cross("6 8 10 15", "9 12 20"), ("0.03", "0.45")),
    Family("packaging", "BC", "透明封箱胶带 48mm×{}m", "Clear packing tape 48mm×{}m", _same("50", "80", "100", "150"),
           ("2.50", "7.80")),
    Family("packaging", "BC", "美纹纸胶带 {}mm", "Masking tape {}mm", _same("12", "18", "24", "36"), ("1.20", "4.50")),
    Family("packaging", "BC", "拉伸缠绕膜 {}", "Stretch film {}", _cross("45cm 50cm", "15μm 20μm"), ("28.00", "46.00")),
    Family("packaging", "BC", "气泡袋 {} cm", "Bubble bag {} cm", _cross("10 15 20 30", "15 25"), ("0.15", "0.98")),
    Family("packaging", "BC", "热敏标签纸 {} mm", "Thermal labels {} mm", _cross("40 60 80 100", "30 50"),
           ("6.80", "24.00")),
    Family("packaging", "BC", "珍珠棉板 {} mm", "EPE foam sheet {} mm", _same("5", "10", "15", "20", "30", "50"),
           ("3.20", "21.00"), packed=False),
    Family("packaging", "BC", "PP打包带 {}", "PP strapping {}", _same("12mm", "13.5mm", "15mm", "19mm"),
           ("45.00", "98.00"), packed=False),
    Family("packaging", "BC", "硅胶干燥剂 {}", "Silica gel desiccant {}", _same("1g", "2g", "5g", "10g", "50g"),
           ("0.03", "0.90"), lot=True),
)  # fmt: skip

ELECTRONICS = (
    Family("electronics", "DZ", "贴片电阻0603 {} 1%", "Chip resistor 0603 {} 1%",
           _same("10Ω", "22Ω", "47Ω", "100Ω", "220Ω", "330Ω", "470Ω", "1kΩ", "2.2kΩ", "3.3kΩ", "4.7kΩ", "10kΩ", "22kΩ",
                 "33kΩ", "47kΩ", "100kΩ", "220kΩ", "470kΩ", "1MΩ", "10MΩ"), ("0.0085", "0.0240")),
    Family("electronics", "DZ", "贴片电容0805 {}", "Chip capacitor 0805 {}",
           _same("10pF", "22pF", "47pF", "100pF", "470pF", "1nF", "4.7nF", "10nF", "47nF", "100nF", "470nF", "1μF",
                 "4.7μF", "10μF"), ("0.0150", "0.1200")),
    Family("electronics", "DZ", "铝电解电容 {}", "Aluminium capacitor {}",
           _cross("10μF 47μF 100μF 470μF 1000μF", "16V 35V"), ("0.08", "1.60"), lot=True),
    Family("electronics", "DZ", "发光二极管5mm {}", "LED 5mm {}",
           _words(
        "红=red; 绿=green; 蓝=blue; 黄=yellow; 白=white; 暖白=warm white"), ("0.06", "0.18")),
    Family("electronics", "DZ", "接线端子5.08 {}P", "Terminal block 5.08 {}P",
           _same("2", "3", "4", "5", "6", "8", "10", "12"), ("0.35", "2.90")),
    Family("electronics", "DZ", "排针2.54 {}", "Pin header 2.54 {}", _cross("1 2", "10P 20P 40P"), ("0.15", "0.90")),
    Family("electronics", "DZ", "{}", "{}", _words(
        "USB-C母座16P=USB-C socket 16P; USB-A母座=USB-A socket; RJ45网口带灯=RJ45 jack with LED; "
        "HDMI母座=HDMI socket; DC电源插座5.5×2.1=DC jack 5.5×2.1; 轻触开关6×6=Tact switch 6×6; "
        "船型开关=Rocker switch; 自恢复保险丝1A=PTC fuse 1A; 蜂鸣器5V=Buzzer 5V; 晶振16MHz=Crystal 16MHz"),
        ("0.20", "2.40")),
    Family("electronics", "DZ", "微控制器 {}", "Microcontroller {}",
           _same("STM32F103C8T6", "STM32F407VGT6", "GD32F103RCT6", "ESP32-WROOM-32E", "ESP8266-12F", "CH32V003F4P6",
                 "ATMEGA328P-AU", "STC8H8K64U", "HC32L130", "N76E003AT20"), ("1.20", "38.00"), lot=True),
    Family("electronics", "DZ", "{}", "{}", _words(
        "温湿度传感器SHT30=Humidity sensor SHT30; 温度传感器DS18B20=Temperature sensor DS18B20; "
        "霍尔传感器A3144=Hall sensor A3144; 加速度计MPU6050=Accelerometer MPU6050; "
        "气压计BMP280=Barometer BMP280; 光敏电阻5528=Photoresistor 5528; 红外接收头HX1838=IR receiver HX1838; "
        "称重传感器10kg=Load cell 10kg; 接近开关M12=Proximity switch M12; 光电开关E18=Photoelectric switch E18"),
        ("0.45", "42.00"), lot=True),
    Family("electronics", "DZ", "继电器 {}", "Relay {}", _cross("5V 12V 24V", "10A 30A"), ("1.80", "9.60")),
    Family("electronics", "DZ", "开关电源 {}", "Power supply {}",
           _cross("12V 24V", "2A 5A 10A 20A"), ("18.50", "126.00")),
    Family("electronics", "DZ", "锂电池 {}", "Lithium cell {}",
           _same("18650-2600", "18650-3000", "21700-4800", "603450", "103450", "CR2032", "CR2450", "ER14505"),
           ("0.90", "21.00"), lot=True),
    Family("electronics", "DZ", "六类网线 {}m", "Cat6 cable {}m", _same("0.5", "1", "2", "3", "5", "10", "15", "20"),
           ("2.20", "34.00")),
)  # fmt: skip

FOOD = (
    Family("food", "SP", "{}", "{}", _words(
        "高筋小麦粉=Bread flour; 中筋小麦粉=Plain flour; 低筋小麦粉=Cake flour; 全麦粉=Wholemeal flour; "
        "玉米淀粉=Corn starch; 马铃薯淀粉=Potato starch; 木薯淀粉=Tapioca starch; 糯米粉=Glutinous rice flour; "
        "粘米粉=Rice flour; 黑麦粉=Rye flour; 白砂糖=White sugar; 绵白糖=Soft sugar; 赤砂糖=Brown sugar; "
        "冰糖=Rock sugar; 麦芽糖浆=Malt syrup; 葡萄糖=Dextrose; 果葡糖浆=High-fructose syrup; 蜂蜜=Honey; "
        "海藻糖=Trehalose; 赤藓糖醇=Erythritol; 全脂奶粉=Whole milk powder; 脱脂奶粉=Skim milk powder; "
        "乳清粉=Whey powder; 无水黄油=Anhydrous butter; 奶油奶酪=Cream cheese; 炼乳=Condensed milk; "
        "可可粉=Cocoa powder; 可可脂=Cocoa butter; 黑巧克力币=Dark chocolate drops; "
        "白巧克力币=White chocolate drops; 大豆油=Soybean oil; 菜籽油=Rapeseed oil; 棕榈油=Palm oil; "
        "花生油=Peanut oil; 芝麻油=Sesame oil; 起酥油=Shortening; 人造黄油=Margarine; 食用盐=Salt; "
        "酱油粉=Soy sauce powder; 番茄粉=Tomato powder; 洋葱粉=Onion powder; 大蒜粉=Garlic powder; "
        "辣椒粉=Chilli powder; 花椒粉=Sichuan pepper; 白胡椒粉=White pepper; 孜然粉=Cumin powder; "
        "五香粉=Five-spice powder; 核桃仁=Walnut kernels; 杏仁片=Sliced almonds; 腰果=Cashew nuts; "
        "花生仁=Peanut kernels; 黑芝麻=Black sesame; 葡萄干=Raisins; 蔓越莓干=Dried cranberries; "
        "红豆=Adzuki beans; 绿豆=Mung beans; 燕麦片=Rolled oats; 藜麦=Quinoa; 椰蓉=Desiccated coconut; "
        "抹茶粉=Matcha powder"), ("3.20", "96.00"), unit="kg", lot=True, packed=False),
    Family("food", "TJ", "{}", "{}", _words(
        "柠檬酸=Citric acid; 苹果酸=Malic acid; 碳酸氢钠=Sodium bicarbonate; 泡打粉=Baking powder; "
        "高活性干酵母=Instant yeast; 黄原胶=Xanthan gum; 卡拉胶=Carrageenan; 果胶=Pectin; 明胶=Gelatine; "
        "大豆卵磷脂=Soy lecithin; 单甘酯=Monoglycerides; 山梨酸钾=Potassium sorbate; 维生素C=Vitamin C; "
        "香兰素=Vanillin; 乙基麦芽酚=Ethyl maltol; 胭脂虫红=Carmine; 栀子黄=Gardenia yellow; "
        "红曲红=Monascus red; 三氯蔗糖=Sucralose; 甜菊糖苷=Steviol glycosides"),
        ("9.50", "480.00"), unit="kg", lot=True, grams=True, packed=False),
)  # fmt: skip

CHEMICALS = (
    Family("chemical", "HG", "{}塑料粒子", "{} pellets", _words(
        "ABS=ABS; 聚丙烯=PP; 高密度聚乙烯=HDPE; 低密度聚乙烯=LDPE; 聚碳酸酯=PC; 尼龙66=PA66; 聚甲醛=POM; "
        "聚苯乙烯=PS; PET=PET; TPU=TPU"),
        ("8.20", "36.00"), unit="kg", lot=True, packed=False),
    Family("chemical", "HG", "{}", "{}", _words(
        "环氧树脂=Epoxy resin; 固化剂=Hardener; 有机硅密封胶=Silicone sealant; 热熔胶粒=Hot-melt granules; "
        "白乳胶=White glue; 锂基润滑脂=Lithium grease; 导热硅脂=Thermal grease; 防锈油=Rust preventive oil; "
        "切削液=Cutting fluid; 液压油=Hydraulic oil"),
        ("9.80", "120.00"), unit="kg", lot=True, packed=False),
    Family("chemical", "HG", "色母粒 {}", "Colour masterbatch {}", _words(
        "黑=black; 白=white; 红=red; 蓝=blue; 黄=yellow; 绿=green; 灰=grey; 橙=orange"), ("14.00", "62.00"), unit="kg",
        grams=True, packed=False),
)  # fmt: skip

SUPPLIES = (
    Family("supply", "LB", "{}", "{}", _words(
        "丁腈手套 S=Nitrile gloves S; 丁腈手套 M=Nitrile gloves M; 丁腈手套 L=Nitrile gloves L; "
        "棉纱手套=Cotton gloves; 防割手套=Cut-resistant gloves; 防静电手套=ESD gloves; N95口罩=N95 mask; "
        "医用口罩=Surgical mask; 活性炭口罩=Carbon mask; 护目镜=Safety goggles; 防护面屏=Face shield; "
        "耳塞=Earplugs; 隔音耳罩=Ear muffs; 安全帽 白=Helmet white; 安全帽 黄=Helmet yellow; "
        "反光背心=Reflective vest; 防砸鞋 40=Safety shoes 40; 防砸鞋 42=Safety shoes 42; "
        "防砸鞋 44=Safety shoes 44; 无尘擦拭布=Cleanroom wipes; 工业抹布=Shop towels; "
        "碱性电池 5号=Alkaline battery AA; 碱性电池 7号=Alkaline battery AAA; 记号笔 黑=Marker black; "
        "记号笔 红=Marker red; 美工刀=Utility knife; 美工刀片=Knife blades; 卷尺 5m=Tape measure 5m; "
        "内六角扳手组=Hex key set; 十字螺丝刀=Phillips screwdriver; 一字螺丝刀=Slotted screwdriver; "
        "扎带 3×100=Cable tie 3×100; 扎带 4×200=Cable tie 4×200; 扎带 5×300=Cable tie 5×300; "
        "砂纸 P80=Sandpaper P80; 砂纸 P240=Sandpaper P240; 砂纸 P600=Sandpaper P600; "
        "焊锡丝 0.8=Solder wire 0.8; 酒精湿巾=Alcohol wipes; 手持终端保护套=Handheld cover"), ("0.20", "88.00")),
)  # fmt: skip

FAMILIES = FASTENERS + PACKAGING + ELECTRONICS + FOOD + CHEMICALS + SUPPLIES
